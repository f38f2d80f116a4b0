// The list of all families of rules: each is a file in rules/, whose last line lists its rules. CMakeLists.txt reads it
// and compiles each family by itself.
#pragma once

#define FASTOPT_FAMILIES(family)                                                                           \
  family(sgd) family(adagrad) family(rmsprop) family(adam) family(signs) family(moments) family(layerwise) \
      family(schedule_free) family(prodigy) family(ftrl) family(muon) family(shampoo) family(soap) family(factored)
