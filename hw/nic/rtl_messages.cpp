// SPDX-License-Identifier: Apache-2.0
// The hooks of verilator_hooks.h.
#include "rtl_messages.h"

#include <cctype>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include "verilator_hooks.h"

namespace {

hw::RtlMessageSink* sink = nullptr;
std::string last_error;  // the "%Error:" line that the next vl_stop() belongs to

// "[123] %Error: file.sv:12: words\n" -> "file.sv:12: words"
std::string strip_prefix(const std::string& line) {
    static const std::string mark = "%Error: ";
    const size_t at = line.find(mark);
    std::string text = at == std::string::npos ? line : line.substr(at + mark.size());
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    return text;
}

}  // namespace

int ringside_verilator_printf(const char* format, ...) {
    char text[2048];
    va_list args;
    va_start(args, format);
    const int length = std::vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const std::string line(text);
    if (line.find("%Error: ") != std::string::npos) {
        last_error = strip_prefix(line);
    } else {
        std::fputs(text, stderr);
    }
    return length;
}

// Called by the runtime for $stop, $error and failed assertions.
void vl_stop(const char* filename, int linenum, const char* /*hier*/) {
    std::string text = last_error;
    last_error.clear();
    if (text.empty()) text = std::string(filename) + ":" + std::to_string(linenum) + ": $stop";
    if (sink) {
        sink->rtl_error(text);
        return;
    }
    std::fprintf(stderr, "ringside: %s\n", text.c_str());
    std::exit(3);
}

namespace hw {

void set_rtl_message_sink(RtlMessageSink* next) { sink = next; }

std::string clause_of(const std::string& text) {
    const size_t open = text.find('[');
    if (open == std::string::npos || open + 4 >= text.size() || text[open + 2] != ']') return {};
    if (!std::isupper(static_cast<unsigned char>(text[open + 1]))) return {};
    size_t end = open + 4;  // behind "[V] ": digits, dots and letters of the clause number
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '.')) ++end;
    while (end > open + 4 && text[end - 1] == '.') --end;
    return end > open + 4 ? text.substr(open, end - open) : std::string();
}

}  // namespace hw
