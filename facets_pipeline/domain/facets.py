"""The codebook itself: every facet, its values, what each means, when it applies. The one place.

To add a value or a facet, change this file and nothing else: prompt, answer schema, columns,
checks, report and the README's table follow. The rules that tie facets together are in `rules`.

Sources of the vocabularies: section headings of CPT and HCPCS Level II; CMS RBCS 2024; the CMS
physician fee schedule (global days, status); the CMS place-of-service set; ICD-10-PCS body systems
and approaches; SNOMED CT procedure sites; DICOM and LOINC/RSNA modalities.
"""

from facets_pipeline.domain.codebook import Codebook, Facet, Value

PRODUCT_CATEGORIES = ("drug", "supply", "dme", "prosthetic_orthotic", "vision_hearing")
"""Categories of things rather than acts: they are not rendered at a place."""

_NO_BODY_SYSTEM = (
    "drug",
    "laboratory",
    "pathology",
    "anesthesia",
    "transport",
    "quality_reporting",
    "administrative",
    "home_community",
)

PROCEDURE_CATEGORY = Facet(
    name="procedure_category",
    title="Procedure category",
    definition=(
        "What kind of service or product the code is. Mandatory for every code. Take the first "
        "value in this order that fits; where an official range or heading is named for a value, "
        "the range decides, unless the descriptor names a thing that has a category of its own. "
        "A surgery-section code with bundled image guidance stays surgical: imaging means that the "
        "image is the service. Unlisted codes take the category of their section. Where device and "
        "service are bundled, label the service if an act is named."
    ),
    values=(
        Value(
            "quality_reporting",
            "a performance or quality measure or model-reporting code, no service paid by itself",
            "CPT ddddF; fee schedule status M: most G8xxx-G9xxx, the G2xxx and G4xxx measure sets, "
            "M1xxx; G1000s decision-support mechanisms",
        ),
        Value("dental", "a dental service", "D0100-D9999"),
        Value(
            "anesthesia",
            "anesthesia care for a procedure, qualifying circumstances, moderate sedation",
            "00100-01999, 99100-99140, 99151-99157",
        ),
        Value(
            "transport",
            "moving a patient or equipment, with mileage, waiting time and travel costs",
            "A0021-A0999, T2001-T2007, T2049, R0070-R0076, S0207-S0215",
        ),
        Value(
            "radiation_therapy",
            "radiation oncology planning, delivery and management, brachytherapy",
            "77261-77799, G6001-G6017, G0339-G0340",
        ),
        Value(
            "imaging",
            "making or reading a diagnostic or guidance image, with echo, duplex, nuclear medicine, "
            "bone density and ophthalmic tomography",
            "70010-76999, 77046-77092, 78012-78999, 93303-93355, 93880-93998, C8900-C8936",
        ),
        Value(
            "pathology",
            "anatomic pathology: cytology, surgical pathology, autopsy",
            "88000-88199, 88300-88399, P3000-P3001",
        ),
        Value(
            "laboratory",
            "any other test on a specimen, with molecular tests, drug screens and mere collection of "
            "the specimen",
            "80047-87999, 88230-88299, 89049-89398, ddddU, ddddM, P2028-P7001, U0001-U0005, "
            "36415-36416",
        ),
        Value(
            "drug",
            "the product itself: drug, biological, vaccine, blood product, radiopharmaceutical, "
            "contrast agent",
            "J0120-J9999, Q51xx, Q99xx, A9500-A9800, 90281-90399, 90476-90759, P9010-P9100, C9xxx "
            "that begin with Injection, S0012-S0197",
        ),
        Value(
            "drug_administration",
            "the act of giving it: injection, infusion, chemotherapy, immunization, hydration, pump "
            "refill, observed oral dosing, home infusion per diem",
            "90460-90484, ddddA, 96360-96549, G0008-G0010, M0201-M0250, H0020, H0033, S5497-S5523, "
            "S9325-S9379, S9490-S9810",
        ),
        Value(
            "vision_hearing",
            "spectacles, contact and intraocular lenses, hearing aids, and fitting, repairing or "
            "dispensing them",
            "V2020-V2799, V5008-V5298",
        ),
        Value(
            "prosthetic_orthotic",
            "a prosthesis, orthosis, brace, orthopedic or diabetic shoe, or implantable prosthesis",
            "L0112-L9900",
        ),
        Value(
            "dme",
            "durable, reusable equipment and its accessories, rented or bought",
            "E0100-E8002, K0001-K0899, B9002-B9006",
        ),
        Value(
            "supply",
            "a consumable or single-use supply, dressing, cast material, enteral or parenteral "
            "formula, skin substitute, implantable or pass-through device outside L",
            "A4206-A8004, A9270-A9300, A9999, B4034-B5200, Q4001-Q4399, C1713-C2645, T4521-T4545, "
            "S9340-S9343",
        ),
        Value(
            "surgical",
            "any procedure of the surgery section (biopsy, endoscopy, closed fracture care, catheter "
            "placement, joint injection, transfusion) or an equal invasive G, C or T code; coronary "
            "intervention and diagnostic heart catheterization",
            "10004-69990 without 36415-36416, 92920-92945, 92961, 93451-93572, C7516-C7529, dddT when "
            "invasive",
        ),
        Value(
            "diagnostic_test",
            "a physiologic or functional measurement without an image",
            "91010-91299, 92100-92287 without an image, 92550-92597, 93000-93278, 94010-94799 tests, "
            "95004-95079, 95700-96020",
        ),
        Value(
            "treatment",
            "non-surgical treatment outside the other values: dialysis, electroconvulsive therapy, "
            "hyperbaric oxygen, heart and lung rehabilitation, allergy immunotherapy, apheresis, "
            "phototherapy, ventilation, a bundle for opioid use",
            "90867-90870, 90901-90999, 93797-93798, 94002-94005, 95115-95199, 96567-96920, 99183, "
            "G0237-G0239, G2067-G2075",
        ),
        Value(
            "therapy",
            "rehabilitation, manipulation, psychotherapy, counseling, behavior analysis, education and "
            "training sessions, debridement as therapy",
            "90832-90853, 92507-92526, 97010-97150, 97530-97799, 98925-98943, 97153-97158, H0004, "
            "H0005, H2032, S9128-S9131",
        ),
        Value(
            "evaluation",
            "a clinician's encounter to assess, diagnose, manage, plan or supervise: visits, consults, "
            "preventive care, care management, therapy, nutrition and psychological evaluations, "
            "screening, counselling and coordination by a clinician",
            "99091, 99202-99499 (not 99183), 90791-90792, 92002-92014, 96130-96139, 97161-97172, "
            "98000-98016, G-code visits, H0001, H0031, S06xx, T1015",
        ),
        Value(
            "home_community",
            "a program or non-professional service: personal care, respite, habilitation, day or "
            "residential program, foster care, aide, nursing at home per diem, case management by a "
            "program, a place-of-care code",
            "T1019-T2048, S5100-S5199, S9122-S9124, H0015-H0019, H0036-H0037, H2012-H2037 programs, "
            "S9480, Q5001-Q5010",
        ),
        Value(
            "administrative",
            "a fee without clinical content: originating site, record copies, missed visit, case rate, "
            "handling, travel allowance",
            "Q3014, 99000-99002, P9603-P9604",
        ),
        Value("other", "nothing above fits, or unlisted with no word that tells the kind", "99199"),
    ),
    mandatory=True,
)

BODY_SYSTEM = Facet(
    name="body_system",
    title="Body system",
    definition=(
        "The organ system treated, examined or fitted. The surgery and medicine heading decides. "
        "Imaging: only when an organ system is named or the subsection is organ-based (heart, "
        "vessels, digestive tract, urinary, eye ultrasound, nuclear organ groups); a film of a body "
        "part is musculoskeletal only if a bone or joint is named. Null for a plain visit and for a "
        "generic supply or piece of equipment."
    ),
    values=(
        Value("integumentary", "skin, nails, breast; dressings and skin substitutes"),
        Value(
            "musculoskeletal",
            "bone, joint, muscle, tendon; orthoses and prostheses of limb and spine",
        ),
        Value("respiratory", "nose, sinus, larynx, trachea, lung, mediastinum"),
        Value("cardiovascular", "heart and vessels"),
        Value("hematologic_lymphatic", "blood, marrow, spleen, lymph"),
        Value(
            "digestive", "lips to anus, salivary glands, tonsil, pharynx, liver, pancreas, hernia"
        ),
        Value("urinary", "kidney, ureter, bladder, urethra, dialysis"),
        Value("male_reproductive", "male genital organs"),
        Value("female_reproductive", "female genital organs and maternity"),
        Value("endocrine", "thyroid, parathyroid, adrenal, thymus"),
        Value("nervous", "brain, cord, spine decompression filed under nerves, nerves and blocks"),
        Value("eye", "eye and its lids, orbit and tear ducts"),
        Value("ear", "ear and hearing, hearing aids"),
        Value("psychiatric", "mental and behavioral health, substance use"),
        Value("multisystem", "two or more systems named, or the whole body"),
    ),
    never_for=_NO_BODY_SYSTEM,
)

BODY_REGION = Facet(
    name="body_region",
    title="Body region",
    definition=(
        "Where on the body. Null when the descriptor does not say (skin of no stated site, a "
        "peripheral vessel, a visit, a drug); laboratory and pathology never have one. Anesthesia and "
        "organ tests take the region of their heading or organ (EEG head_neck, spirometry thorax). A "
        "list of sites is multiple."
    ),
    values=(
        Value(
            "head_neck",
            "skull, brain, face, eye, ear, nose, mouth, pharynx, larynx, thyroid, soft tissue of the "
            "neck; trachea reached by tube or neck",
        ),
        Value("spine", "vertebrae, cord, discs at every level with the sacrum; cervical collar"),
        Value("breast", "breast"),
        Value(
            "thorax",
            "chest wall, ribs, lung, pleura, heart, thoracic aorta, mediastinum, oesophagus, trachea "
            "in the chest",
        ),
        Value(
            "abdomen",
            "stomach to colon, liver, pancreas, spleen, kidney, adrenal, vena cava, abdominal wall",
        ),
        Value(
            "pelvis",
            "bladder, lower ureter, urethra, genital organs with testis, rectum, anus, perineum, bony "
            "pelvis, iliac vessels",
        ),
        Value("upper_extremity", "shoulder girdle to fingers"),
        Value("lower_extremity", "hip joint to toes"),
        Value("multiple", "two or more regions named, a list of sites, trunk"),
        Value("whole_body", "the whole body"),
    ),
    never_for=("laboratory", "pathology", "quality_reporting"),
)

IMAGING_MODALITY = Facet(
    name="imaging_modality",
    title="Imaging modality",
    definition="How the image is made. Mandatory for imaging, null for everything else.",
    values=(
        Value("xray", "plain radiographs, with the films of an arthrogram"),
        Value(
            "fluoroscopy",
            "fluoroscopic studies of the gut and urinary tract, fluoroscopic guidance",
        ),
        Value("angiography", "catheter angiography and venography", "75600-75893"),
        Value("ct", "computed tomography, with CT angiography and CT guidance"),
        Value("mri", "magnetic resonance, with MR angiography, spectroscopy and cardiac MR"),
        Value("ultrasound", "ultrasound, with echocardiography, duplex, Doppler and guidance"),
        Value("nuclear", "planar and SPECT nuclear medicine, SPECT/CT"),
        Value(
            "pet",
            "positron emission tomography, PET/CT",
            "78429-78434, 78459, 78491-78492, 78608-78609, 78811-78816",
        ),
        Value("mammography", "mammography with tomosynthesis"),
        Value("dexa", "bone density", "77080-77086"),
        Value(
            "other",
            "optical coherence tomography, fundus photography, thermography, near infrared, or not "
            "stated",
        ),
    ),
    only_for=("imaging",),
    mandatory=True,
)

USES_CONTRAST = Facet(
    name="uses_contrast",
    title="Uses contrast",
    definition=(
        "Whether a contrast agent is given. Null unless imaging, and null where the descriptor leaves "
        "it open (with or without) or it cannot be known."
    ),
    values=(
        Value(
            True,
            "with contrast; without followed by with; or contrast by definition: CT angiography with "
            "contrast, arthrography, myelography, catheter angiography, contrast echo",
        ),
        Value(
            False,
            "only without contrast; plain film, mammography, bone density, plain ultrasound, nuclear "
            "and PET (a radiotracer is not contrast)",
        ),
    ),
    only_for=("imaging",),
)

SURGICAL_APPROACH = Facet(
    name="surgical_approach",
    title="Surgical approach",
    definition=(
        "How the site is reached. Null unless surgical, and null where the descriptor or heading does "
        "not say: an -otomy, an -ectomy or a repair without a word for the access is null."
    ),
    values=(
        Value("open", "open is stated, or the heading says open; open treatment of a fracture"),
        Value("laparoscopic", "laparoscopy, with robotic assistance"),
        Value("thoracoscopic", "thoracoscopy, video-assisted chest surgery, mediastinoscopy"),
        Value("arthroscopic", "arthroscopy"),
        Value(
            "endoscopic",
            "a scope through a natural or made opening: colon, stomach, bronchus, bladder, uterus, nose",
        ),
        Value(
            "natural_orifice",
            "through a natural opening without a scope: vaginal, oral, anal, urethral",
        ),
        Value(
            "endovascular",
            "through the lumen of a vessel: catheter, angioplasty, stent, ablation by catheter",
        ),
        Value("percutaneous", "by needle or puncture, not inside a vessel"),
        Value(
            "external",
            "closed treatment or reduction, casting, destruction or removal at the skin's surface",
        ),
        Value("combined", "two of the above are named"),
    ),
    only_for=("surgical",),
)

IS_MAJOR_SURGERY = Facet(
    name="is_major_surgery",
    title="Major surgery",
    definition=(
        "Whether the fee schedule gives a 90-day global period. Null unless surgical. An add-on takes "
        "its base procedure's value; a global period of XXX, YYY or MMM, and an emerging-technology "
        "code without a fee schedule value, are null."
    ),
    values=(
        Value(
            True,
            "90 days: surgery on cavity, bone, joint, graft or reconstruction in an operating room "
            "with months of aftercare",
        ),
        Value(
            False,
            "0 or 10 days: biopsy, endoscopy, injection, simple or intermediate repair, catheter "
            "placement, drainage by needle, heart catheterization",
        ),
    ),
    only_for=("surgical",),
)

COMPLEXITY_LEVEL = Facet(
    name="complexity_level",
    title="Complexity level",
    definition=(
        "How complex the service is, where it is graded; else null. Visits by medical decision making "
        "(minimal, straightforward, low: simple; moderate; high: complex); therapy evaluations by "
        "their grade (low, moderate, high); wound repair (simple; intermediate: moderate; complex). "
        "Grade words count for evaluation, surgical, imaging, treatment, therapy and "
        "radiation_therapy, not inside the name of a program or product, not for diagnostic tests and "
        "pathology. Surgical without a grade word: simple is superficial or office work with 0 or 10 "
        "global days and work RVU under 2.5; complex is 90 global days and work RVU over 15, "
        "transplant, radical, intracranial or open-heart; the rest moderate. Imaging: plain film and "
        "limited ultrasound simple; single-phase CT or MR and complete ultrasound moderate; with and "
        "without contrast, PET/CT and multi-part nuclear complex; angiography, mammography, bone "
        "density, single-part nuclear and ultrasound that says neither limited nor complete null."
    ),
    values=(
        Value("simple", "simple, limited, superficial, uncomplicated, minor"),
        Value("moderate", "intermediate, moderate"),
        Value("complex", "complex, complicated, extensive, radical, comprehensive, severe"),
    ),
    never_for=("quality_reporting",),
)

SERVICE_LOCATION = Facet(
    name="service_location",
    title="Service location",
    definition=(
        "Where the service is rendered. Null for products and quality_reporting, mandatory for "
        "everything else; any where the descriptor does not restrict it. Where two settings are "
        "named, the first."
    ),
    values=(
        Value("office", "office or other outpatient visit", "99202-99215, 99242-99245"),
        Value("hospital", "inpatient, observation or hospital outpatient is named"),
        Value("emergency", "emergency department visit", "99281-99288, G0380-G0384"),
        Value("asc", "ambulatory surgery center, only if the descriptor says so"),
        Value("home", "in the home, home or residence visit"),
        Value("nursing_facility", "nursing facility"),
        Value("hospice", "hospice"),
        Value("telehealth", "telehealth, audio-video, audio only, online digital"),
        Value("ambulance", "ambulance transport"),
        Value("dialysis_facility", "dialysis facility"),
        Value(
            "clinic", "federally qualified, rural or community mental health clinic, urgent care"
        ),
        Value("laboratory", "only if the descriptor says independent laboratory"),
        Value("school_community", "school, shelter, waiver in the community is named"),
        Value("any", "the setting is not restricted"),
    ),
    never_for=(*PRODUCT_CATEGORIES, "quality_reporting"),
    mandatory=True,
)

EM_LEVEL = Facet(
    name="em_level",
    title="Visit level",
    definition=(
        "The level of a graded visit family by medical decision making; null outside evaluation and "
        "for time-based, preventive, care-management and critical-care codes. Applies to 99202-99215, "
        "99242-99255, 99281-99285, 99341-99350, G0380-G0384, 98000-98015 and, with straightforward or "
        "low as level_3, to 99221-99223, 99231-99236 and 99304-99310. A new office visit has no "
        "level_1."
    ),
    values=(
        Value("level_1", "minimal, or no physician needed (99211, 99281)"),
        Value("level_2", "straightforward"),
        Value("level_3", "low"),
        Value("level_4", "moderate"),
        Value("level_5", "high"),
    ),
    only_for=("evaluation",),
)

EM_PATIENT_TYPE = Facet(
    name="em_patient_type",
    title="Patient type",
    definition=(
        "Whether the visit is for a new or an established patient (seen by the same group and "
        "specialty within three years). Null outside evaluation, and if both or neither are named, or "
        "only initial or subsequent."
    ),
    values=(
        Value("new", "new patient"),
        Value("established", "established patient"),
    ),
    only_for=("evaluation",),
)

PRINCIPLES = (
    (
        "Label the code as its official descriptor and section heading define it, not a typical patient, "
        "and not by payer practice."
    ),
    (
        "An official heading beats anatomy: tonsils under digestive, laminectomy under nervous, breast "
        "under integumentary."
    ),
    (
        "Ties: the most specific text in the descriptor; then the heading; then the first match in the "
        "given order; then null."
    ),
    "Not applicable and not stated are both null.",
    "Where the supplied text plainly contradicts the code, label the official code.",
)

SETTLED_CASES = (
    (
        "The range wins over the definition: blood pressure cuff A4660, enema bag A4458, mask A7015 are "
        "supply; diabetic shoe A5507 has a category of its own: prosthetic_orthotic."
    ),
    (
        "For body_system and body_region, an organ named in the descriptor beats the heading only where "
        "the heading is a catch-all: a tear duct among the nuclear studies of the nervous system is eye."
    ),
    "Diagnostic heart catheterization: surgical, endovascular, is_major_surgery false.",
    "Home infusion or home therapy per diem: drug_administration; enteral nutrition at home: supply.",
    "Case management by a program (T2022, G0155) and place-of-care codes: home_community.",
    (
        "Supplies with an organ by their heading: skin substitutes and dressings integumentary; urinary "
        "and incontinence urinary; enteral and ostomy digestive; tracheostomy and respiratory "
        "respiratory; other supplies null."
    ),
    (
        "Implantable devices and leads sold as C or L codes with a named organ: that organ's system; a "
        "region only if a body part is named."
    ),
    (
        "Add-on C codes and emerging-technology codes: the base procedure's value where it is named, else "
        "null."
    ),
    (
        "Endovascular, open or percutaneous in one descriptor: combined. Through the urethra with no "
        "scope named: natural_orifice."
    ),
    (
        "36430 transfusion and 51798 bladder scan surgical; 97598 debridement therapy; 92961 surgical; "
        "96130-96139 evaluation; G0237-G0239 treatment: the range wins."
    ),
    (
        "G0310, G2011, G0019-G0024, G0146: evaluation. G2067-G2075: treatment. C7901 visits with "
        "psychotherapy: therapy. Programs by the hour or day: home_community."
    ),
    "Neck, hands, feet or genitals; arm or leg: multiple.",
    "Complete with contrast variants: moderate.",
)

CODEBOOK = Codebook(
    version="1.3",
    facets=(
        PROCEDURE_CATEGORY,
        BODY_SYSTEM,
        BODY_REGION,
        IMAGING_MODALITY,
        USES_CONTRAST,
        SURGICAL_APPROACH,
        IS_MAJOR_SURGERY,
        COMPLEXITY_LEVEL,
        SERVICE_LOCATION,
        EM_LEVEL,
        EM_PATIENT_TYPE,
    ),
    principles=PRINCIPLES,
    settled_cases=SETTLED_CASES,
)
