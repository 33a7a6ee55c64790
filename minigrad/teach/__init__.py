"""Teaching tools: every operation explained step by step, from the engine's own loops."""

__all__: list[str] = []
