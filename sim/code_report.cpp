// SPDX-License-Identifier: Apache-2.0
#include "code_report.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace sim {
namespace {

using hw::Level;
using hw::Profile;

// Each level's share, by the level that served it.
template <class Counts>
void add_served(json_t* object, const Counts& served, double packets) {
    static const char* const names[hw::levels] = {"l1", "l2", "llc", "memory"};
    for (size_t level = 0; level < hw::levels; level++)
        json_object_set_new(object, names[level], json_real(static_cast<double>(served[level]) / packets));
}

double cycles(uint64_t ticks) { return static_cast<double>(ticks) / hw::ticks_per_cycle; }

json_t* functions_json(const Profile& profile, double packets) {
    std::vector<const Profile::Function*> all;
    for (const Profile::Function& function : profile.functions())
        if (function.ticks) all.push_back(&function);
    std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) {
        return a->ticks != b->ticks ? a->ticks > b->ticks : a->name.name < b->name.name;
    });
    json_t* const list = json_array();
    for (const Profile::Function* function : all) {
        json_t* const row =
            json_pack("{s:s,s:s,s:f,s:f,s:f,s:f}", "name", function->name.name.c_str(), "folder", function->name.folder.c_str(),
                      "cycles", cycles(function->ticks) / packets, "calls", static_cast<double>(function->calls) / packets, "loads",
                      static_cast<double>(function->loads) / packets, "stores", static_cast<double>(function->stores) / packets);
        add_served(row, function->served, packets);
        json_array_append_new(list, row);
    }
    return list;
}

// What the functions of a folder of driver/ take together: protocol (stack), NDIS, driver, ...
json_t* folders_json(const Profile& profile, double packets) {
    std::map<std::string, uint64_t> ticks;
    for (const Profile::Function& function : profile.functions())
        if (function.ticks) ticks[function.name.folder] += function.ticks;
    json_t* const folders = json_object();
    for (const auto& [folder, sum] : ticks)
        json_object_set_new(folders, folder.empty() ? "?" : folder.c_str(), json_real(cycles(sum) / packets));
    return folders;
}

}  // namespace

void measure_traffic(const machine_config& config, hw::CodeMeter& meter) {
    const uint64_t all = config.scenario->host_frames + config.scenario->wire_frames;
    if (config.warmup_frames)
        meter.measure_packets(config.warmup_frames, all - all / 8);
    else
        meter.measure_packets(1, UINT64_MAX);
}

json_t* code_report(const hw::CodeMeter& meter) {
    const Profile::Totals& totals = meter.profile().totals();
    const double packets = static_cast<double>(std::max<uint64_t>(meter.measured_packets(), 1));
    const double ns = static_cast<double>(meter.ps_of(totals.ticks) + meter.charged_ps()) / 1000 / packets;
    json_t* const report = json_pack(
        "{s:s,s:I,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f}", "model", "caches", "packets",
        static_cast<json_int_t>(meter.measured_packets()), "ns", ns, "mpps", ns > 0 ? 1000 / ns : 0.0, "cycles",
        cycles(totals.ticks) / packets, "charged_ns", static_cast<double>(meter.charged_ps()) / 1000 / packets, "instructions",
        static_cast<double>(totals.instructions) / packets, "loads", static_cast<double>(totals.loads) / packets, "stores",
        static_cast<double>(totals.stores) / packets, "lines", static_cast<double>(totals.lines) / packets);
    json_object_set_new(report, "batch", json_real(totals.batches ? packets / static_cast<double>(totals.batches) : 0));
    json_t* const served = json_object();
    add_served(served, totals.served, packets);
    json_object_set_new(report, "served", served);
    const hw::CacheLevels::Counters device = meter.device();
    json_object_set_new(
        report, "device",
        json_pack("{s:f,s:f,s:f,s:f}", "reads", static_cast<double>(device.reads) / packets, "read_hits",
                  static_cast<double>(device.read_hits) / packets, "writes", static_cast<double>(device.writes) / packets,
                  "write_hits", static_cast<double>(device.write_hits) / packets));
    json_object_set_new(report, "foreign", json_real(static_cast<double>(totals.foreign) / packets));
    json_object_set_new(report, "folders", folders_json(meter.profile(), packets));
    json_object_set_new(report, "functions", functions_json(meter.profile(), packets));
    return report;
}

}  // namespace sim
