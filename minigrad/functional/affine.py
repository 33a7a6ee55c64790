"""Linear maps, flattening, embeddings."""

__all__: list[str] = []
