"""The rota, who leads whom, who is related to whom, and who must therefore keep away from a complaint."""
