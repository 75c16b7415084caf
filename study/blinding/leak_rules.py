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

# What a careful answer says in the first person without telling who speaks.
_OWN_PLAN: Final = (
    r"(?:(?:main |first |next |only |working |initial |second )?"
    r"(?:plan|step|concern|aim|goal|target|priority|worry|diagnosis|recommendation|choice)|patient)"
)
_DOING: Final = r"(?:stopp|hold|withhold|paus|giv|ask|call|check|chang|switch|start|order|repeat)ing"
_ACTING: Final = rf"(?:concerned|worried|{_DOING})"
_DEED: Final = (
    r"(?:give|start|restart|stop|change|continue|add|repeat|use|wait|expect|inject|accept|proceed|hang|send|"
    r"administer)"
)
_ROLE: Final = (
    r"(?:doctor|physician|pharmacist|nurse|clinician|assistant|model|intern|registrar|trainee|"
    r"student|officer|specialist|consultant|prescriber|machine|program(?:me)?|professional)"
)
_READER: Final = (
    r"(?:doctor|physician|pharmacist|clinician|health ?care (?:professional|provider|team)|situation)"
)
_TEXT_SAYS: Final = (
    r"(?:this|these|the above|the following|my) ?"
    r"(?:tool|output|content|response|answer|reply|information|text|suggestions?|chat|conversation)? "
    r"(?:is|are|was|were|does|do|should|cannot|may|did) (?:not )?(?:be )?"
)
_NOTHING_BINDING: Final = (
    r"(?:based|intended|generated|provided|meant|checked|reviewed|replace|prescriptions?|a prescription|"
    r"(?:general )?(?:medical )?(?:advice|information|guidance|education))"
)
_HABIT: Final = (
    r"(?:learn(?:ed|t)|at|residents|doctors|usually|normally|always|never|use|have|had|saw|were|are|do|call|"
    r"handle)"
)
_PAST: Final = (
    r"(?:graduated|passed|trained?|work(?:ed)?|practi[sc]ed?|studied|strongly|only|usually|always|refuse|"
    r"decline|pass|apologi[sz]e|understand|believe|feel|remember|learn(?:ed|t)|read|saw)"
)

# Each rule's expressions match whole words, whatever the case; (?-i:...) keeps the case where it matters.
RULES: Final[dict[str, tuple[str, ...]]] = {
    "first person": (
        rf"(?:my|our)(?! {_OWN_PLAN}\b) \w+|(?:mine|ours)",
        rf"(?-i:I)(?:'m| am| was)(?! {_ACTING}\b)",
        r"(?-i:I)(?:'ve| have| had)",
        r"(?-i:I) (?:can't|can ?not|could not|couldn't)(?! (?:exclude|rule out|tell whether|explain)\b)",
        rf"(?-i:I) (?:do not|don't|will not|won't)(?! {_DEED}\b)",
        r"(?-i:I)(?: must|'d rather| would rather| would prefer| may| might| can| hope| know)",
        rf"(?-i:I) {_PAST}",
        rf"(?-i:[Ww]e)(?: {_HABIT}|'ve|'re)",
        r"where (?:I|we) \w+",
        rf"(?:as|being|speaking as) (?:an?|the|your) (?:[\w-]+ ){{0,3}}{_ROLE}s?",
        r"(?:by|for|to|from|with) me\b",
    ),
    "machine self-reference": (
        r"(?:(?:medical|clinical) )?AI(?: (?:model|system|assistant|pharmacist|doctor|tool))",
        r"(?:a |an )?(?:medical|clinical|responsible|helpful) (?:AI|assistant)",
        r"generated (?:automatically|by)|AI[- ]?(?:generated|written|based)",
        r"(?:helpful|harmless) and (?:helpful|harmless)|usage polic(?:y|ies)|safety guidelines",
        r"the internet|browse|real[- ]time data",
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
        r"(?:here|we) at (?:the )?\w+|trust (?:policy|guideline|protocol)",
        r"(?-i:Mayo|Charité|Karolinska|Johns Hopkins|Mass(?:achusetts)? General|Cleveland Clinic)",
        r"(?-i:[A-Z][\w'.-]+(?: [A-Z][\w'-]+){0,3} Clinic)",
        r"(?:our|my) (?:local |own )?(?:protocol|policy|guideline|order set|antibiogram)s?",
        r"(?:where I|here we|we usually|we normally|we always|we routinely) (?:work|use|give|start|do)",
        r"(?-i:[A-Z][\w'.-]+(?: [A-Z][\w'-]+){0,3} (?:Hospital|Infirmary|Medical Cent(?:er|re)|NHS Trust))",
    ),
    "refusal": (
        r"(?:violates?|against) (?:my|our|the) (?:\w+ )?(?:guidelines?|polic(?:y|ies))",
        r"no answer can be given|(?:answer|continue) (?:this|the) (?:question|conversation|request)",
        r"(?:this|that|the) request",
        rf"I {_NOT} (?:provide|give|offer|make|assist|help|answer|recommend|comply|diagnose|prescribe)",
        r"I(?:'m| am) sorry,? (?:but|I)",
        r"I (?:apologi[sz]e|must decline|decline to)",
        r"(?:it is|it's|it would be) (?:not appropriate|inappropriate) for me to",
        r"I(?:'m| am) not a (?:doctor|physician|clinician|medical professional)",
        r"I(?:'m| am) not (?:qualified|licensed|allowed|able to)",
    ),
    "disclaimer": (
        r"substitute for (?:\w+ ){0,3}(?:advice|judge?ment|care)",
        r"(?:does not|doesn't|not) constitute (?:medical |professional )*advice",
        r"(?:for|purely) (?:educational|informational|information) (?:purposes|use)(?: only)?",
        r"(?:consult|speak to) (?:a|your) (?:\w+ )?(?:health ?care|medical) (?:professional|provider)",
        r"(?:general|educational) information only",
        rf"{_TEXT_SAYS}{_NOTHING_BINDING}",
        r"(?:medical|treatment|professional|personali[sz]ed) advice",
        r"(?:general|educational) (?:guidance|information|education|purposes?)",
        rf"an? (?:own |qualified |licensed |medical |local ){{0,2}}{_READER} (?:before|if|or pharmacist)",
        rf"(?:consult|contact|see|ask|discuss|speak|talk|follow)(?: \w+){{0,5}} your (?:own )?{_READER}",
        rf"your (?:own |health ?care ){{0,2}}{_READER}",
        r"(?:qualified|licensed) (?:health ?care )?(?:professional|provider|clinician|physician)",
        r"health ?care (?:professional|provider)s?",
        r"(?:medical|health ?care) professional",
        r"(?:your|my) own risk|liabilit(?:y|ies)|guarantee(?:s|d)? the|accuracy of this",
        r"doctor[- ]patient relationship",
        r"(?:be|is|are) (?:out of date|outdated|not up to date)|not be up to date",
        r"guidelines may have changed",
        r"(?:rely|relied) on this (?:answer|response|information)",
        r"hypothetical|fictional|role[- ]play(?:ing)?",
        r"human (?:expert|clinician|doctor|physician|reviewer|professional)",
        r"professional help|emergency number|call 911",
        r"(?:suggestions?|outputs?|tool) only|not a (?:real )?(?:recommendation|prescription)",
        r"not (?:be )?reviewed by",
        r"individual circumstances",
    ),
    "chat phrase": (
        r"^(?:wait|okay|ok|hmm|alright|well|actually),",
        r"(?:sorry|unfortunately|apologies|excuse)(?! (?:for it|to the|for what))(?=[ ,])",
        r"(?:as|per) (?:instructed|requested|your (?:instructions?|request))|(?:in the|the given) prompt",
        r"(?:above|below|requested) format|reasoning process|step by step",
        r"typing|typos?|in a hurry",
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
