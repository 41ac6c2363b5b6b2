"""The names that people give to columns and keys, in one table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# What a column holds -> its names, plain (lower case, letters and digits only), best first.
TURN_KEYS: Mapping[str, tuple[str, ...]] = {
    "text": _words(
        """
        text humantranscript transcript utterance content message body sentence displaytext decoratedtext
        utterancetext transcripttext messagetext turntext spokentext speech said phrase line words dialogue
        dialog conversation
        """
    ),
    "role": _words(
        """
        role speakerrole participantrole participanttype sendertype userrole senderrole speakertype
        participantpurpose interlocutor party side
        """
    ),
    "speaker": _words(
        """
        speaker speakername name participant participantname sender sendername author from who speakerlabel
        speakerid participantid segmentspeaker username displayname actor
        """
    ),
    "channel": _words("channel channelid mediachannel track channeltag audiochannel"),
    "start": _words(
        """
        start starttime startsec starts startseconds startms starttimems startmillis beginoffset
        beginoffsetmillis begin begintime startoffset offset offsetms offsetseconds timestamp time ts timestart
        starttimestampusec startusec offsetinticks timecode createdat sentat datetime
        """
    ),
    "end": _words(
        """
        end endtime endsec ends endseconds endms endtimems endmillis endoffset endoffsetmillis stop stoptime
        finish endts timeend
        """
    ),
    "duration": _words("duration durationms durations durationseconds durationsec length durationmillis"),
    "order": _words(
        """
        turn turnid turnnumber turnno turnindex index utteranceid utteranceindex utteranceno seq sequence order
        line linenumber number no sentenceindex phraseindex segmentindex messageindex position
        """
    ),
}
CALL_KEYS: Mapping[str, tuple[str, ...]] = {
    "call_id": _words(
        """
        callid call conversationid contactid sessionid dialogid dialogueid transcriptid interactionid ticketid
        conversation caseid recordingid uuid callsid chatid convid externalid id
        """
    ),
    "agent": _words(
        """
        agentname agent agentid rep repname advisor adviser operator agentusername handledby employee
        """
    ),
    "team": _words("team teamname group agentteam department"),
    "started_at": _words(
        """
        startedat date callstart callstarttime calldate datetime started starttimeutc calltime callstarted
        """
    ),
    "customer": _words("customer customername customerid client clientid caller accountid account"),
    "queue": _words("queue queuename skill lineofbusiness"),
    "duration_s": _words("durations callduration calldurations duration durationseconds handletime aht"),
    "outcome": _words("outcome disposition result resolution wrapup status"),
    "csat": _words("csat csatscore satisfaction nps rating customersatisfaction"),
    "direction": _words("direction calldirection"),
}


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """A name in letters and digits only, lower case."""
    return re.sub(r"[\W_]+", "", name.lower())


def find_keys(names: Iterable[str], table: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Which of the names holds what.

    Parameters
    ----------
    table
        ``TURN_KEYS`` or ``CALL_KEYS``.

    Returns
    -------
    What it holds -> the name as written; each name used once, the better alias first.
    """
    there = {plain(n): n for n in reversed(list(names))}
    found: dict[str, str] = {}
    used: set[str] = set()
    for what, aliases in table.items():
        for alias in aliases:
            if alias in there and there[alias] not in used:
                found[what] = there[alias]
                used.add(there[alias])
                break
    return found
