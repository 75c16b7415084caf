"""Leak scan: spans of a canonical text that may tell who or what wrote it. Pure; a curator decides about each.

The rules aim at self-reference, not at clinical words: a resident organism, the GPT of a liver panel, an insulin
model, the AI of aortic insufficiency and "call the senior resident" are no leaks.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

SCAN_VERSION: Final = "1"

_TRAINEE: Final = (
    r"(?:resident|intern|house officer|houseman|trainee|foundation doctor|junior doctor|medical student|registrar|"
    r"first[- ]year|second[- ]year|PGY[- ]?[1-7]|FY[12]|SHO|doctor in training)"
)
_NOT: Final = r"(?:cannot|can't|can not|am unable to|am not able to|won't|will not|am not allowed to)"
_OURS: Final = (
    r"(?:hospital|institution|institute|centre|center|trust|clinic|department|pharmacy|formulary|unit|programme|program)"
)

# Each rule's expressions match whole words, whatever the case; (?-i:...) keeps the case where it matters.
RULES: Final[dict[str, tuple[str, ...]]] = {
    "machine self-reference": (
        r"as an? (?:large )?(?:AI|artificial intelligence|language model|LLM|chatbot|(?:AI |virtual )assistant)",
        r"I(?:'m| am) (?:just |only )?an? (?:large )?(?:AI|artificial intelligence|language model|LLM|chatbot|bot)",
        r"(?:large )?language models?",
        r"(?-i:LLMs?)",
        r"artificial intelligence",
        r"(?:AI|virtual|digital) (?:assistant|model|system|tool|chatbot)",
        r"AI[- ]generated",
        r"my (?:training|training data|knowledge cut[- ]?off|programming|guidelines as an AI|developers?)",
        r"(?:training|knowledge) (?:data )?cut[- ]?off(?: date)?",
        r"training data",
        r"(?:I was|I've been|I have been) (?:trained|programmed|designed|created|developed) (?:by|on|to)",
        r"I (?:do not|don't) have (?:access to (?:real[- ]time|the patient|patient|medical records)|personal)",
        r"my (?:last|latest) (?:update|knowledge update)",
        r"(?:system|user|the) prompt",
        r"the user(?:'s)? (?:question|request|prompt|query|asks|asked|wants|is asking)",
        r"(?:chain of thought|step[- ]by[- ]step reasoning|let me think|let's think|thinking process)",
    ),
    "machine artefact": (
        r"</?(?:think|thinking|answer|reasoning|tool_call|assistant|system|user)>",
        r"<\|[^|<>\n]{1,40}\|>",
        r"\[/?INST\]",
        r"(?:assistant|system|user) ?: ?(?=\S)",
        r"(?:word count|total words?) ?[:=]? ?~?\d+(?: words)?",
        r"\( ?~?\d+ words ?\)",
        r"within (?:the )?\d+[- ]words?(?: limit| cap)?",
        r"(?:the )?word (?:limit|cap)",
    ),
    "model name": (
        r"Chat ?GPT(?:[- ]?[\d.]+\w?)?",
        r"(?-i:GPT)-?(?:3\.5|4\.1|4\.5|[345]o?)(?:[- ](?:turbo|mini|nano|pro))?(?![\d.]| ?(?:U|IU|unit))",
        r"Open ?AI|Anthropic|DeepMind|Hugging ?Face",
        r"(?-i:Claude|Gemini|Llama|LLaMA|Mistral|Mixtral|Gemma|Copilot|Grok|Bard|Kimi|Ernie|Phi-[34])(?:[- ]?[\d.]+\w?)?",
        r"Qwen[\w.-]*|DeepSeek[\w.-]*|Baichuan[\w.-]*|ChatGLM[\w.-]*|Hunyuan[\w.-]*|SafeMed[\w.-]*|Med-?PaLM[\w.-]*",
        r"Huatuo ?GPT[\w.-]*|MedGemma[\w.-]*|BioGPT|Meditron[\w.-]*",
    ),
    "trainee self-reference": (
        rf"as an? (?:(?:\w+[- ])?(?:year|junior|senior|medical|surgical|paediatric|pediatric) )?{_TRAINEE}",
        rf"I(?:'m| am) (?:a|an|the|only a|just a) (?:[\w-]+ ){{0,3}}{_TRAINEE}",
        r"(?-i:PGY)[- ]?[1-7]",
        r"(?:in|during|from) my (?:residency|internship|rotation|training|first year|second year|medical school)",
        r"(?:on|during) my (?:shift|night shift|on[- ]?call|last shift|rotation|ward round)",
        r"my (?:attending|consultant|registrar|senior|senior resident|chief resident|supervisor|programme director"
        r"|program director|colleagues?|residents?|interns?)",
        r"(?:in|from) my (?:own )?(?:experience|clinical experience|practice|hospital)",
        r"I (?:googled|looked (?:it|this|that) up|checked (?:UpToDate|the BNF|Micromedex)|asked (?:a|my) (?:friend|colleague))",
        r"I (?:have|'ve) (?:seen|had|treated|managed) (?:this|a|such|similar|many|several)(?: \w+)? (?:patients?|cases?)",
        r"(?:sorry|apologies) for (?:the )?(?:typos?|spelling|brevity|short answer)",
        r"(?:running|run) out of time|no time left",
    ),
    "institution": (
        rf"(?:at|in) (?:our|my) {_OURS}",
        rf"(?:our|my) (?:own |local )?{_OURS}(?:'s)?",
        r"(?:our|my) (?:local |own )?(?:protocol|policy|guideline|order set|antibiogram)s?",
        r"(?:where I|here we|we usually|we normally|we always|we routinely) (?:work|use|give|start|do)",
        r"(?-i:(?:St\.? |Saint )?[A-Z][\w'-]+(?: [A-Z][\w'-]+){0,3} (?:Hospital|Infirmary|Medical Cent(?:er|re)|NHS))"
        r"(?: Trust)?",
    ),
    "refusal": (
        rf"I {_NOT} (?:provide|give|offer|make|assist|help|answer|recommend|comply|fulfil|diagnose|prescribe)",
        r"I(?:'m| am) sorry,? (?:but|I)",
        r"I (?:apologi[sz]e|must decline|decline to)",
        r"(?:it is|it's|it would be) (?:not appropriate|inappropriate) for me to",
        r"I(?:'m| am) not (?:a|able|qualified|licensed|allowed)(?: (?:doctor|physician|clinician|medical professional|to))?",
    ),
    "disclaimer": (
        r"(?:not|never) (?:be )?(?:a )?substitute for (?:professional |clinical |medical )*(?:advice|judge?ment|care)",
        r"(?:does not|doesn't|not) constitute (?:medical |professional )*advice",
        r"(?:for|purely) (?:educational|informational|information) (?:purposes|use)(?: only)?",
        r"(?:please )?(?:consult|seek advice from|speak (?:to|with)) (?:a|your|with a) (?:qualified |licensed )?"
        r"(?:healthcare|health care|medical) (?:professional|provider)",
        r"(?:general|educational) information only",
        r"always (?:follow|consult) (?:your )?(?:local|institutional) (?:guidelines|protocols|policy|policies)",
        r"this (?:response|answer|information|advice) (?:is|was) (?:based|intended|generated|provided|written)",
    ),
    "chat phrase": (
        r"(?:I )?hope (?:this|that) helps",
        r"(?:please )?let me know if",
        r"feel free to",
        r"(?:I(?:'m| am|'d be| would be) )?(?:happy|glad) to (?:help|assist|clarify|elaborate)",
        r"(?:certainly|absolutely|of course|sure)(?:!|, here)",
        r"here(?:'s| is| are) (?:a|an|the|my|your) (?:[\w-]+ ){0,3}(?:answer|response|summary|assessment|plan|breakdown)",
        r"(?:great|good|excellent|interesting) question",
        r"would you like me to",
        r"thank you for (?:your|the|sharing|asking)",
    ),
    "signature": (
        r"(?:best|kind|warm|many) (?:regards|wishes)",
        r"(?:yours )?(?:sincerely|faithfully)",
        r"signed(?: by|:|,)",
        r"(?-i:(?:Dr|Prof|Mr|Mrs|Ms)\.? [A-Z][a-z]+(?:[- ][A-Z][a-z]+)?)",
        r"dear (?:colleagues?|all|team|dr|doctor|sir|madam|consultant)",
    ),
    "contact": (
        r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
        r"(?:https?://|www\.)[^\s<>\"]+",
        r"(?:bleep|pager|ext|extension|phone|tel|mobile|dect)\.? ?[:#]? ?\d{3,}",
        r"(?-i:MRN|GMC|NPI)(?: (?:no|number))?\.? ?[:#]? ?\d{4,}",
    ),
    "address to the reader": (
        r"(?:dear|to the) (?:rater|reviewer|grader|examiner|evaluator|marker)s?",
        r"(?:rate|score|grade|mark) (?:this|my|me|it)(?: \w+){0,2} (?:[1-5]|five|highly|full|high)",
        r"(?:ignore|disregard) (?:all |any |the )?(?:previous|prior|above|earlier) (?:instructions?|answers?|responses?)",
        r"(?:this|my) (?:answer|response) (?:deserves|should (?:be rated|receive|get|score))",
        r"(?:written|answered) by (?:a|an|the) (?:human|person|doctor|clinician|resident|model|machine)",
    ),
    "citation mark": (r"\[\d{1,2}(?: ?[,;-] ?\d{1,2})*\]",),
}
_EDGE_LEFT: Final = r"(?<![\w@])"
_EDGE_RIGHT: Final = r"(?!\w)"


def _compile(expressions: Iterable[str], flags: int = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile("|".join(f"{_EDGE_LEFT}(?:{each}){_EDGE_RIGHT}" for each in expressions), flags)


# An expression that ends in a sign (">", "]", "!", ":") has no word to end.
_COMPILED: Final = {
    rule: re.compile(
        "|".join(
            f"{_EDGE_LEFT if re.match(r'\w|\(', each) else ''}(?:{each}){'' if each.endswith((')', ']', '>', 'S)')) else _EDGE_RIGHT}"
            for each in expressions
        ),
        re.IGNORECASE,
    )
    for rule, expressions in RULES.items()
}
