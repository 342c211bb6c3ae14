// SPDX-License-Identifier: Apache-2.0
// A filter driver whose every hand-over is decided by the test.
#pragma once

#include <string>
#include <vector>

#include "test_stack.h"

struct TestFilter {
    // What the driver registers; changed before it is loaded.
    bool sees_sends = true, sees_receives = true, sees_oids = false, sees_events = false;
    NDIS_STATUS attach_status = NDIS_STATUS_SUCCESS, restart_status = NDIS_STATUS_SUCCESS, pause_status = NDIS_STATUS_SUCCESS;
    ULONG data_backfill = 0, context_backfill = 0;  // that its restart adds to the stack's

    // What it does with NBLs: passes them on, or keeps them in the lists below.
    bool hold_sends = false, hold_receives = false, hold_oids = false;
    bool return_lent = false, cut_chain = false;  // misuse of what it is lent
    ULONG add_receive_flags = 0, drop_receive_flags = 0;
    bool choose = false;  // FilterSetFilterModuleOptions sets the two that follow
    bool choose_sends = false, choose_receives = false;

    std::string* calls = nullptr;  // "name:word " for each control and data call, if set
    std::string name;
    NDIS_HANDLE driver = nullptr, module = nullptr;
    std::vector<PNET_BUFFER_LIST> sends, completed, receives, returned;  // held or seen
    std::vector<PNDIS_OID_REQUEST> oids;
    std::vector<NDIS_STATUS> statuses;
    std::vector<NET_PNP_EVENT_CODE> net_events;
    std::vector<NDIS_DEVICE_PNP_EVENT> device_events;
    std::vector<PVOID> cancelled_oids, cancelled_sends;
    PNDIS_OID_REQUEST original = nullptr;  // of the clone that is below
    unsigned attached = 0;

    void log(const char* word) const {
        if (calls) *calls += name + ":" + word + " ";
    }
    void pass_sends();                          // what it holds, down
    void refuse_sends(NDIS_STATUS status);      // what it holds, back up
    void pass_receives();
    void return_receives();
};

NTSTATUS test_filter_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path);

// Filters over the adapter of StackTest; add() before start(), from the bottom to the top.
class FilterTest : public StackTest {
protected:
    ~FilterTest() override;
    void add(TestFilter& filter, const std::string& name);
    std::string calls_;

private:
    std::vector<std::string> names_;
};
