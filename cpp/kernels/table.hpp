// What one instruction set exports: plain structs, so that code compiled with other flags can read them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fastopt {

enum Dtype : unsigned char { f32 = 0, f64 = 1 };

inline constexpr std::size_t item_size[] = {4, 8};

inline constexpr int max_slots = 6;             // state arrays of one rule
inline constexpr int max_hyper = 16;            // hyperparameters and flags of one rule
inline constexpr int max_scalars = 8;           // numbers that a rule keeps beside its arrays
inline constexpr int max_sums = 4;              // sums that a rule takes before its update
inline constexpr std::size_t lane_bytes = 256;  // room for the constants of one step

/// The numbers of a step that the caller gives.
struct Hyper {
  double values[max_hyper];  // the rule's hyperparameters, then its flags as 0 or 1
  double weight_decay;
  bool maximize;
};

/// What a rule knows of a step beside its hyperparameters.
struct Step {
  double count;           // its number, 1 first
  double elements;        // of the array, or of all arrays, as the rule's scope says
  const double* before;   // the rule's scalars, as the last step left them
  const double* scalars;  // and as this one leaves them: those of before while sums are taken
  const double* sums;     // null while they are taken
};

/// How `weight_decay` acts in a step.
enum class Decay : unsigned char { none, l2, decoupled };

/// One formula, compiled for one dtype.
struct Kernel {
  /// Derive the constants of a step, in double, rounded once to the dtype.
  void (*prepare)(void* lane, const Hyper& hyper, const Step& step);
  /// Update `n` consecutive elements: read each byte once, write once.
  void (*block)(const void* lane, void* p, const void* g, void* const* s, std::size_t n);
  /// The rule's sums over `n` consecutive elements, before any of them is updated. Null where a rule has none.
  void (*survey)(const void* lane, const void* p, const void* g, void* const* s, std::size_t n, double* sums);
};

struct Name {
  const char* text;
};

/// The shape of a state array, by that of its parameter. Where that has none such, the array has no elements.
enum class Shape : unsigned char {
  same,          // in the memory order of the parameter; all others lie in C order
  vector,        // that of a parameter of at most one axis
  rows,          // (..., m, 1) of (..., m, n)
  columns,       // (..., 1, n)
  left,          // (m, m) of (m, n), and of (m,)
  right,         // (n, n) of (m, n)
  left_or_none,  // or (0, 0), as the caller likes
  right_or_none
};

/// A state array, and the option (its index) that it comes with; -1 where it is always there.
struct Slot {
  const char* name;
  int option;
  Shape shape;
  constexpr bool present(unsigned variant) const { return option < 0 || (variant >> option & 1) != 0; }
};

template <class Item>
struct Span {
  const Item* data;
  int size;
  constexpr const Item* begin() const { return data; }
  constexpr const Item* end() const { return data + size; }
};

/// What a rule's sums go over, and what has its scalars: all arrays together, or each array by itself.
enum class Scope : unsigned char { all, array };

/// Which decays a rule has: those that every rule shares, L2 or decoupled as the caller asks; always the decoupled
/// one; or what its own formula has, a `weight_decay` or none.
enum class Decays : unsigned char { shared, decoupled, own };

/// Which arrays a rule takes.
enum class Takes : unsigned char { arrays, vectors_and_matrices, matrices };

/// A parameter with its gradient and state, dense in C order, for rules that look at it as a whole.
struct Whole {
  void* p;
  const void* g;
  void* s[max_slots];  // null where there is none, or it has no elements
  int rank;
  std::size_t batch, rows, columns;  // its last two axes, and all before them; a vector is one column
  std::size_t n() const { return batch * rows * columns; }
};

/// Who shares the work on an array: calls task(context, part) for each part below `parts`, on some thread.
struct Team {
  void (*run)(const Team& team, void (*task)(const void* context, int part), const void* context, int parts);
  int threads;
};

/// A rule that looks at an array as a whole, compiled for one dtype.
struct WholeKernel {
  /// Bytes of scratch that a step of such an array needs.
  std::size_t (*room)(const Whole& array);
  void (*step)(const Whole& array, const Hyper& hyper, const Step& step, Decay decay, void* room, const Team& team);
};

/// A rule and its variants. Bit k of a variant says whether option k is on.
struct Rule {
  const char* name;
  Span<Name> hyper;
  Span<Name> options;  // bools that are compiled in
  Span<Name> flags;    // bools that only the constants depend on
  Span<Slot> slots;
  Span<Name> scalars;
  Span<Name> sums;
  Scope scope;
  Decays decays;
  Takes takes;
  /// The scalars after a step. Null where a rule has none.
  void (*settle)(const Hyper& hyper, const Step& step, double* scalars);
  const Kernel* kernels;      // null where there are
  const WholeKernel* wholes;  // those that look at whole arrays, by dtype

  const Kernel& kernel(unsigned variant, Decay decay, Dtype dtype) const {
    return kernels[(variant * 3 + static_cast<unsigned>(decay)) * 2 + dtype];
  }
  /// Whether arrays differ in the constants of a step.
  bool by_array() const { return scope == Scope::array && scalars.size + sums.size > 0; }
};

/// The rules of one file.
struct Family {
  Span<Rule> rules;
};

using Column = std::int32_t;  // a label: the right column of a row of scores

/// What the scores of a loss are held against.
enum class Target : unsigned char {
  label,  // one column for each row of scores
  row,    // a number for each score, judged by rows
  each    // a number for each score: rows mean nothing to the loss, and have one column
};

/// Rows of scores, dense in C order, their targets, and where the results go.
struct Batch {
  std::size_t rows, columns;
  const void* s;
  const void* y;     // Columns or numbers, as `target` says
  void* g;           // gradient: may be the scores, nothing else may overlap
  void* values;      // the value of each row, or null
  double scale;      // of the gradient
  double parameter;  // of the loss: its margin, say
};

/// A loss compiled for one dtype.
struct LossKernel {
  /// Gradient and values of rows `first` to `last - 1`; returns the sum of their values.
  double (*rows)(const Batch& batch, std::size_t first, std::size_t last);
  /// The first of these rows whose target is illegal, or `last`. Null where all are legal.
  std::size_t (*judge)(const Batch& batch, std::size_t first, std::size_t last);
};

struct Loss {
  const char* name;
  Target target;
  const char* target_name;  // of the argument, in messages
  const char* parameter;    // the name of the only one, or null
  const char* legal;        // what `judge` asks of a target
  LossKernel kernels[2];
};

/// A penalty compiled for one dtype: over `n` elements. Returns its value but for the strength.
struct PenaltyKernel {
  double (*write)(const double* parameters, const void* p, void* g, std::size_t n);
  double (*add)(const double* parameters, const void* p, void* g, std::size_t n);
};

struct Penalty {
  const char* name;
  int parameters;
  PenaltyKernel kernels[2];
};

/// An elementary function on `n` numbers: for the tests of its accuracy.
struct Elementary {
  const char* name;
  void (*apply[2])(const void* x, void* y, std::size_t n);
};

/// What a pass over long vectors reads and writes; each pass says which is which.
struct Operands {
  const void* read[6];
  void* write[2];
  double scalar[2];
};

inline constexpr int max_results = 4;  // sums and maxima of one pass

struct Pass {
  /// Do elements `first` to `last - 1`; sums over them, then maxima.
  void (*run)(const Operands& operands, std::size_t first, std::size_t last, double* results);
  int sums;  // so many of the results are sums
};

/// What a pass over many vectors of the history, the columns of a matrix C, reads and writes.
struct Columns {
  const void* const* column;
  int count;
  int first_row;         // of the products to be taken
  const double* factor;  // one for each column
  const void *v, *w;
  double scale;
  const void* breaks;  // elements whose break is not above `time` count as 0; null where all count
  double time;
  void* out;
};
/// Each result has room for `column_room` numbers, 0 at the start; the results come first at the end.
using ColumnPass = void (*)(const Columns& columns, std::size_t first, std::size_t last, double* results);
inline constexpr std::size_t column_room = 16;

/// The passes of quasi-Newton methods, for one dtype of points and gradients and one of the history.
struct Passes {
  Pass move, take, compare, dot, steepest, relative, steepest_relative;
  Pass penalty, subgradient, lead, move_in_orthant, compare_in_orthant, way;
  Pass clip, free_slopes, move_in_box, compare_in_box, downhill_in_box, room, breaks, reach, bend;
  ColumnPass products, gram, combine, survey, descend, ascend;
};

/// A symmetric matrix as kernels/triangle.hpp lays it out, what is added to it and what it is multiplied with.
struct Triangle {
  double* h;
  const double *s, *w;  // added: s w' + w s'
  const double *x, *y;  // multiplied
};

struct Table {
  const char* isa;
  Span<Family> families;
  Span<Rule> probes;  // equal traffic, trivial arithmetic: the yardstick of the benchmarks
  Span<Loss> losses;
  Span<Penalty> penalties;
  Span<Elementary> elementary;
  bool (*all_finite[2])(const void* x, std::size_t n);
  const Passes* passes[2][2];  // [dtype of points][dtype of the history]
  void (*update_multiply)(const Triangle& a, std::size_t first, std::size_t last, double* hx, double* hy);

  /// Rule `k` of all families together: the same one in the table of every instruction set.
  const Rule& rule(int k) const {
    for (const Family& family : families) {
      if (k < family.rules.size) return family.rules.data[k];
      k -= family.rules.size;
    }
    return probes.data[k];
  }
};

}  // namespace fastopt
