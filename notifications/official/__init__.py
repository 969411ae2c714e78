"""The official account (服务号): who follows it, and what became of its messages."""
