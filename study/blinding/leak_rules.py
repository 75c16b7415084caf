"""The expressions of the leak scan, by rule. Pure.

They aim at self-reference, not at clinical words: a resident organism, the GPT of a liver panel, an insulin
model, the AI of aortic insufficiency and "call the senior resident" are no leaks.
"""

from typing import Final

_MACHINE: Final = (
    r"(?:(?:AI )?(?:language model|assistant|(?:chat)?bot)|AI|artificial intelligence|LLM|virtual assistant)"
)
_TRAINEE: Final = (
    r"(?:resident(?! (?:organism|flora|bacteri|macrophage|microb|cell|of)\w*)|intern|house officer|houseman|"
    r"trainee|foundation doctor|junior doctor|medical student|registrar|"
    r"first[- ]year|second[- ]year|PGY[- ]?[1-7]|FY[12]|SHO|doctor in training)"
)
_NOT: Final = r"(?:cannot|can't|can not|am unable to|am not able to|won't|will not|am not allowed to)"
_OURS: Final = (
    r"(?:hospital|institution|institute|centre|center|trust|clinic|department|pharmacy|formulary|unit|"
    r"programme|program)"
)

# Each rule's expressions match whole words, whatever the case; (?-i:...) keeps the case where it matters.
RULES: Final[dict[str, tuple[str, ...]]] = {
    "machine self-reference": (
        rf"as an? (?:large )?{_MACHINE}",
        rf"I(?:'m| am) (?:just |only )?an? (?:large )?{_MACHINE}",
        r"(?:large )?language models?",
        r"(?-i:LLMs?)",
        r"artificial intelligence",
        r"(?:AI|virtual|digital) (?:assistant|model|system|tool|chatbot)",
        r"AI[- ]generated",
        r"my (?:training|training data|knowledge cut[- ]?off|programming|guidelines as an AI|developers?)",
        r"(?:training|knowledge) (?:data )?cut[- ]?off(?: date)?",
        r"training data",
        r"(?:I was|I've been|I have been) (?:trained|programmed|designed|created|developed) (?:by|on|to)",
        r"I (?:do not|don't) have (?:personal|access to (?:real[- ]time|(?:the )?patient|medical records))",
        r"my (?:last|latest) (?:update|knowledge update)",
        r"(?:system|user|this) prompt",
        r"the user(?:'s)? (?:question|request|prompt|query|asks|asked|wants|is asking)",
        r"(?:chain of thought|step[- ]by[- ]step reasoning|let me think|let's think|thinking process)",
    ),
    "machine artefact": (
        r"</?(?:think|thinking|answer|reasoning|tool_call|assistant|system|user)>",
        r"<\|[^|<>\n]{1,40}\|>",
        r"\[/?INST\]",
        r"^(?:assistant|user) ?:",
        r"(?:word count|total words?) ?[:=]? ?~?\d+(?: words)?",
        r"\( ?~?\d+ words ?\)",
        r"within (?:the )?\d+[- ]words?(?: limit| cap)?",
        r"(?:the )?word (?:limit|cap)",
    ),
    "model name": (
        r"Chat ?GPT(?:[- ]?[\d.]+\w?)?",
        r"(?-i:GPT)-?(?:3\.5|4\.1|4\.5|[345]o?)(?:[- ](?:turbo|mini|nano|pro))?(?![\d.]| ?(?:U|IU|unit))",
        r"Open ?AI|Anthropic|DeepMind|Hugging ?Face",
        r"(?-i:Claude|Gemini|Llama|LLaMA|Mistral|Mixtral|Gemma)(?:[- ]?[\d.]+\w?)?",
        r"(?-i:Copilot|Grok|Bard|Kimi|Ernie)(?:[- ]?[\d.]+\w?)?",
        r"(?:Qwen|DeepSeek|Baichuan|ChatGLM|Hunyuan|SafeMed|Med-?PaLM|Phi-[34])[\w.-]*",
        r"(?:Huatuo ?GPT|MedGemma|BioGPT|Meditron)[\w.-]*",
    ),
    "trainee self-reference": (
        rf"as (?:an?|the|your) (?:(?:\w+[- ])?(?:year|junior|senior|on-call|night|medical) )?{_TRAINEE}",
        rf"I(?:'m| am) (?:a|an|the|only a|just a) (?:[\w-]+ ){{0,3}}{_TRAINEE}",
        r"(?-i:PGY)[- ]?[1-7]",
        r"(?:in|during|from) my (?:residency|internship|rotation|training|medical school)",
        r"(?:in|during) my (?:first|second) year",
        r"(?:on|during) my (?:shift|night shift|on[- ]?call|last shift|rotation|ward round)",
        r"my (?:attending|consultant|registrar|(?:senior|chief)(?: resident)?|supervisor)",
        r"my (?:colleagues?|residents?|interns?|program(?:me)? director)",
        r"(?:in|from) my (?:own )?(?:experience|clinical experience|practice|hospital)",
        r"I (?:googled|looked (?:it|this|that) up|checked (?:UpToDate|the BNF|Micromedex))",
        r"I(?: have|'ve) (?:seen|had|treated|managed) (?:a|such|similar|many)(?: \w+)? (?:patients?|cases?)",
        r"(?:sorry|apologies) for (?:the )?(?:typos?|spelling|brevity|short answer)",
        r"(?:running|run) out of time|no time left",
    ),
    "institution": (
        rf"(?:at|in) (?:our|my) {_OURS}",
        rf"(?:our|my) (?:own |local )?{_OURS}(?:'s)?",
        r"(?:our|my) (?:local |own )?(?:protocol|policy|guideline|order set|antibiogram)s?",
        r"(?:where I|here we|we usually|we normally|we always|we routinely) (?:work|use|give|start|do)",
        r"(?-i:[A-Z][\w'.-]+(?: [A-Z][\w'-]+){0,3} (?:Hospital|Infirmary|Medical Cent(?:er|re)|NHS Trust))",
    ),
    "refusal": (
        rf"I {_NOT} (?:provide|give|offer|make|assist|help|answer|recommend|comply|diagnose|prescribe)",
        r"I(?:'m| am) sorry,? (?:but|I)",
        r"I (?:apologi[sz]e|must decline|decline to)",
        r"(?:it is|it's|it would be) (?:not appropriate|inappropriate) for me to",
        r"I(?:'m| am) not a (?:doctor|physician|clinician|medical professional)",
        r"I(?:'m| am) not (?:qualified|licensed|allowed|able to)",
    ),
    "disclaimer": (
        r"(?:not|never) (?:be )?(?:a )?substitute for (?:\w+ ){0,3}(?:advice|judge?ment|care)",
        r"(?:does not|doesn't|not) constitute (?:medical |professional )*advice",
        r"(?:for|purely) (?:educational|informational|information) (?:purposes|use)(?: only)?",
        r"(?:consult|speak to) (?:a|your) (?:\w+ )?(?:health ?care|medical) (?:professional|provider)",
        r"(?:general|educational) information only",
        r"this (?:response|answer|information|advice) (?:is|was) (?:based|intended|generated|provided)",
    ),
    "chat phrase": (
        r"(?:I )?hope (?:this|that) helps",
        r"(?:please )?let me know if",
        r"feel free to",
        r"(?:I(?:'m| am|'d be| would be) )?(?:happy|glad) to (?:help|assist|clarify|elaborate)",
        r"(?:certainly|absolutely|of course|sure)(?:!|, here)",
        r"here(?:'s| is| are) (?:an?|the|my|your) (?:[\w-]+ ){0,3}(?:answer|response|summary|plan)",
        r"(?:great|good|excellent|interesting) question",
        r"would you like me to",
        r"thank you for (?:your|the|sharing|asking)",
    ),
    "signature": (
        r"(?:best|kind|warm|many) (?:regards|wishes)",
        r"yours (?:sincerely|faithfully|truly)|^sincerely",
        r"^signed ?:",
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
        r"(?:ignore|disregard) (?:(?:all|any|the) )?(?:previous|prior|earlier) (?:instruction|answer)s?",
        r"(?:this|my) (?:answer|response) (?:deserves|should (?:be rated|receive|get|score))",
        r"(?:written|answered) by (?:a|an|the) (?:human|person|doctor|clinician|resident|model|machine)",
    ),
    "citation mark": (r"\[\d{1,2}(?: ?[,;-] ?\d{1,2})*\]",),
}
