"""Write seven agencies' files and their truth with the public package pseudopeople: make_files.py FOLDER."""

import sys
from pathlib import Path

import pandas as pd
import pseudopeople

SEED, YEAR = 20091, 2020
MAKERS = {
    "census": (pseudopeople.generate_decennial_census, {"year": YEAR}),
    "acs": (pseudopeople.generate_american_community_survey, {"year": None}),
    "cps": (pseudopeople.generate_current_population_survey, {"year": None}),
    "ssa": (pseudopeople.generate_social_security, {"year": YEAR}),
    "tax1040": (pseudopeople.generate_taxes_1040, {"year": YEAR}),
    "w2": (pseudopeople.generate_taxes_w2_and_1099, {"year": YEAR}),
    "wic": (pseudopeople.generate_women_infants_and_children, {"year": None}),
}

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
truth = []
for source, (make, arguments) in MAKERS.items():
    rows = make(seed=SEED, **arguments).sample(frac=1, random_state=SEED).reset_index(drop=True)
    rows.insert(0, "record_id", [f"{source}_{number:06d}" for number in rows.index])
    household = rows.get("household_id")
    truth.append(
        pd.DataFrame(
            {
                "record_id": rows["record_id"],
                "source": source,
                "entity_id": rows["simulant_id"],
                "household_id": household,
            }
        )
    )
    public = rows.drop(columns=[c for c in ("simulant_id", "household_id", "copy_household_id") if c in rows])
    public.astype("string").to_parquet(folder / f"{source}.parquet", index=False)
    print(source, len(public))
pd.concat(truth).to_parquet(folder / "truth.parquet", index=False)
