"""订阅授权: what people allow us to send, counted from what their phone and the platform report."""
