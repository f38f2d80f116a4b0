// The list of all families of rules: each is a file in rules/, and compiled by itself (family.cpp; CMakeLists.txt reads
// the list here). Its last line lists its rules.
#pragma once

#define FASTOPT_FAMILIES(family) \
  family(sgd)                    \
  family(adagrad)                \
  family(rmsprop)                \
  family(adam)
