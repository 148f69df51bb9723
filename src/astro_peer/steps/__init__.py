"""HOW the documented procedure is carried out: one module per step, in its order.

collect -> principal -> role -> assignment -> verify -> request
"""
