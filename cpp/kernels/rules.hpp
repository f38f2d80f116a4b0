// The list of all rules: being on it is being registered.
#pragma once

#include "rules/adagrad.hpp"
#include "rules/adam.hpp"
#include "rules/rmsprop.hpp"
#include "rules/sgd.hpp"

namespace fastopt::FASTOPT_ISA {
namespace {

template <class... Each>
struct Types {};

using Rules = Types<Sgd, SgdMomentum, SgdVelocity, SgdAverage, SignSgd, Adagrad, RMSprop, Adam, AdamW, Adamax>;

}  // namespace
}  // namespace fastopt::FASTOPT_ISA
