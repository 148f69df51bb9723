"""A simulated Azure tenant, served over HTTPS on loopback.

It answers with Azure's wire format and enforces Azure's rules; nothing in it ever talks to Azure.
`run.serving` starts one inside this process, `run.run` starts one around a command.
"""
