"""Record who runs when: `python -m runner trace`. One file for each way to see it.

`on_asyncio` uses hooks of the loop, `on_trio` an instrument, `on_gevent` a trace function of
greenlets, `on_scratch` the loop's own ready queue, `on_threads` a profile function and
`on_processes` the same in every process. All of them call one `Recorder`.
"""
