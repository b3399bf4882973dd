#pragma once

namespace firebase_relay {

/// A row of the tables of planted bugs (CMakeLists.txt); its place among them is its number.
struct PlantedBug {
  const char* name;
  const char* finds;  ///< what the invariant says that finds it; empty: the judge of the simulation finds it
  const char* by;     ///< filter of gtest: what has to fail
};
constexpr PlantedBug kPlantedBugs[] = {
#include "mutants/rows.inc"
};

/// Which one is at work: the one that RELAY_MUTANT names.
extern const unsigned planted_bug;

/// Is it this one? The changed copies of the sources ask so wherever one of them is planted.
inline bool planted(unsigned number) { return planted_bug == number; }

}  // namespace firebase_relay
