"""Pictures of a spec: the context map, the flow of events, and a saga step by step."""
