"""Commands without the wait for their imports: a server that has everything loaded forks a child for each run.

A fresh start of `astro-peer` spends most of its time on loading the Azure SDKs. The server does that once; each child
then becomes what a fresh start would have been: arguments, environment, working directory, standard streams, signals,
`__main__`, the way it ends. What is decided before the first line of Python runs cannot be made up for afterwards, so
a run whose environment differs there is started fresh: see `environment`.

`running` is what tests use. `client` starts the server and talks to it, `server` is its loop, `child` turns a fork
into a process of its own, `preload` says what is loaded.
"""
