// Objects in and out.
#include "cloud/run_objects.hh"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "cloud/packed.hh"

namespace cloud {
namespace {

// Numbers have a fixed width, so that lists of names are in order.
std::string name_of(const char* kind, std::int64_t number) {
  return fmt::format("{}/{:08}", kind, number);
}

}  // namespace

std::string raw_name(std::int64_t chunk) {
  return name_of("raw", chunk);
}
std::string filtered_name(std::int64_t picture) {
  return name_of("filtered", picture);
}
std::string work_name(std::int64_t chunk) {
  return name_of("work", chunk);
}
std::string decisions_name(std::int64_t chunk) {
  return name_of("decisions", chunk);
}
std::string exit_name(std::int64_t chunk) {
  return name_of("exit", chunk);
}
std::string boundary_name(std::int64_t chunk) {
  return name_of("boundary", chunk);
}
std::string state_name(std::int64_t chunk) {
  return name_of("state", chunk);
}
std::string frames_name(std::int64_t chunk) {
  return name_of("frames", chunk);
}

Bytes RunObjects::get(const std::string& name) {
  try {
    return unpack(name, get_sealed(name));
  } catch (const LostObject&) {
    throw;
  } catch (const Damaged& error) {
    throw LostObject(name, error.what());
  }
}

Bytes RunObjects::get_stored(const std::string& name, std::uint64_t size_bytes) {
  try {
    std::optional<Bytes> bytes = store_.get(name, Range{0, size_bytes});
    if (!bytes)
      throw LostObject(name, "there is no such object");
    if (bytes->size() != size_bytes)
      throw LostObject(name, "is shorter than it was");
    bytes_in_ += bytes->size();
    return std::move(*bytes);
  } catch (const LostObject&) {
    throw;
  } catch (const Damaged& error) {
    throw LostObject(name, error.what());
  }
}

Bytes RunObjects::get_sealed(const std::string& name) {
  std::optional<Bytes> sealed = store_.get(name);
  if (!sealed)
    throw LostObject(name, "there is no such object");
  bytes_in_ += sealed->size();
  return open_sealed(key_, name, std::move(*sealed));
}

void RunObjects::put(const std::string& name, ByteSpan contents) {
  put_sealed(name, seal(key_, name, pack(contents)));
}

void RunObjects::put_stored(const std::string& name, ByteSpan bytes) {
  bytes_out_ += bytes.size();
  store_.put(name, bytes);
}

// Outputs of all attempts at a task are equal, so that it does not matter whose is there; but one
// that was damaged must be replaced.
void RunObjects::put_sealed(const std::string& name, ByteSpan sealed) {
  bytes_out_ += sealed.size();
  if (store_.put_new(name, sealed))
    return;
  try {
    get_sealed(name);
  } catch (const Damaged&) {
    bytes_out_ += sealed.size();
    store_.put(name, sealed);
  }
}

// The exchange holds copies: who finds none there looks into the store.
void RunObjects::put_state(const std::string& name, ByteSpan state, StateExchange& exchange) {
  const Bytes sealed = seal(key_, name, Bytes(state.begin(), state.end()));
  put_sealed(name, sealed);
  try {
    exchange.publish(name, sealed);
    bytes_out_ += sealed.size();
  } catch (const Unavailable&) {
  } catch (const Denied&) {
  }
}

Bytes RunObjects::get_state(const std::string& name, StateExchange& exchange) {
  try {
    if (std::optional<Bytes> sealed = exchange.wait(name, {})) {
      bytes_in_ += sealed->size();
      return open_sealed(key_, name, std::move(*sealed));
    }
  } catch (const Unavailable&) {
  } catch (const Denied&) {
  } catch (const Damaged&) {
  }
  try {
    return get_sealed(name);
  } catch (const LostObject&) {
    throw;
  } catch (const Damaged& error) {
    throw LostObject(name, error.what());
  }
}

}  // namespace cloud
