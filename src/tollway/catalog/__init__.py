"""The models on offer: one TOML file each, validated at start."""
