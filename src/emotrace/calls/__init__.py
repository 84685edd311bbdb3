"""The call desk: channels and turns, escalation rules, and what a call was like.

A call goes through these modules, from top to bottom::

    parties, consent      who is the customer, who the agent, and whose emotion may be judged
    scene                 who talks when: by channel (activity, levels, crosstalk) or told by a file (turns/)
    talk, stretches       turns, silence, overlap, interruptions; arithmetic with stretches of time
    hearing, masking      each party's own voice, judged along the call and turn by turn
    rules/                what counts as an escalation, alike on files and live streams
    summary, verdict      quarters, trend, the agent's effect; one word for the call, and why
    analyze, call         all of it at once, and the result
    formats/, player      the result as a file; pages/ draws the report, words writes numbers and times
    folder/               many calls side by side, resumed, with an index
    notice                the text that tells callers
"""
