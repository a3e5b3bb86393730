"""The spec language: from the text of a YAML file to a checked model, or to findings.

Packages from the lowest to the highest layer; each imports only those before it: `diagnostics`,
`hints`, `yaml`, `grammar`, `types`, `declarations`, `type_notation`, `expressions`, `model`,
`syntax`, `parser`, `analysis`, `check`.
"""
