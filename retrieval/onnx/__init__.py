"""The encoder of all-MiniLM-L6-v2 without torch: a graph made of its weights, run by onnxruntime.

`graph` writes the encoder down, `matrix` its products with weights, `made` keeps a graph on disk, `network`
runs it.
"""
