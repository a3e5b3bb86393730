"""The spec language: from the text of a YAML file to a checked model, or to findings.

The packages from the lowest to the highest; each imports only those before it: `diagnostics`,
`hints`, `yaml`, `grammar`, `types`, `declarations`, `type_notation`, `expressions`, `model`,
`syntax`, `parser`, `analysis`, `check`.
"""
