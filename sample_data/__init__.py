"""A pretend place, with the truth known: the door is `make_place`.

Nobody in it exists. The same number of people and the same seed give the same bytes. What is made, in this order, each
stage with random numbers of its own (`settings.stream`), so that a change in one stage leaves the others' draws alone:

1. `names`: given names by origin, sex and birth decade, surnames with a long tail (given_names.csv, surnames.csv).
2. `people`: households and families, with twins, fathers and sons of one name, parents who live apart.
3. `homes`, `moves`: houses, flats, shared houses, care homes, hostels, one refuge, student halls; who moves, parts,
   leaves home, marries, dies or leaves the place.
4. `needs`: who has which trouble (needs.toml), driven by a hardship that families share: most have little.
5. `assessments`, `contacts`: what follows: chains of agencies that ask for the same facts, reviews, appeals, joint
   visits, referrals served or lost, people sent back and forth, and all plain contacts. `seeded` adds one family with
   exactly 700 interventions by nine agencies in 18 calendar months.
6. `records`, `details`, `address_details`, `spelling`: what ten agencies wrote down of it, each by its habits of error
   (habits.toml), in its own columns, codes and date forms. The file `agency_<code>.toml` is both the plan by which the
   extract is written and the `agencies/<code>.toml` that the project reads it with, so the two cannot disagree.
7. `extracts`, `files`, `project`: the project folder.
8. `truth`, `truth_tables`: the truth, as Parquet under truth/:

   - people: everybody, also those whom no agency knows: names, ties, family, other_family (of a parent elsewhere).
   - residences: who lived where and when, and in which household (people together in one home).
   - clients: for every row with a client's details (agency, file, row) the true person; `record` numbers the distinct
     source records of an agency. The header is row 1.
   - contacts: for every contact row the event, and the event's true person, household, family and facts. `event` is
     one recorded contact; a re-sent row repeats it; rows of one `joint` are one act.
   - assessments: the class of every assessment by the rule of D1 on true persons and households at 180 days, with the
     anchor that made it avoidable; avoidable_30 ... avoidable_365 for other validities. Where two assessments of one
     unit start and end on the same days, which of them is the anchor is arbitrary; the counts are not.
   - avoidable: the same as counts by purpose and validity.
   - seeded_family: members, window and agencies of the seeded family.

`practice` writes three of the agencies' extracts alone, each as one CSV file, to practise on.

All identifiers can belong to nobody: see `identifiers` and `homes`.
"""

from totalplace.sample_data.place import PlaceSummary, make_place
from totalplace.sample_data.practice import make_extracts

__all__ = ["PlaceSummary", "make_extracts", "make_place"]
