"""The operator's endpoints below ``/admin/v1``: for an operator key, or a signed-in operator."""
