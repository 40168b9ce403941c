"""Baidu Qianfan V2, the upstream behind the flagship model: chat completions with rules of its own."""
