// Asks Highway by being compiled for each instruction set, like the code that it answers for.
#include "host/instruction_set.hh"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/instruction_set.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace host {
namespace HWY_NAMESPACE {

const char* NameOfTarget() {
  return hwy::TargetName(HWY_TARGET);
}

}  // namespace HWY_NAMESPACE
}  // namespace host
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace host {

HWY_EXPORT(NameOfTarget);

std::string instruction_set() {
  return HWY_DYNAMIC_DISPATCH(NameOfTarget)();
}

}  // namespace host
#endif  // HWY_ONCE
