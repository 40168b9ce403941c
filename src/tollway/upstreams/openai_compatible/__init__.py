"""Any server that speaks chat completions: vLLM, SGLang, FastDeploy, llama.cpp, another gateway."""
