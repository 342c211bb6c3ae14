// SPDX-License-Identifier: Apache-2.0
// A machine with one test miniport and test protocols, whose every hand-over is decided by the test.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fake_platform.h"
#include "ndis/ndis_host.h"

struct TestMiniport {
    NDIS_HANDLE driver = nullptr, adapter = nullptr, interrupt = nullptr, dma = nullptr;
    std::string calls;                        // one word per control call
    std::vector<PNET_BUFFER_LIST> held;       // sent down and not completed
    std::vector<PNET_BUFFER_LIST> returned;
    std::vector<PVOID> cancelled_sends, cancelled_oids;
    std::vector<NDIS_DEVICE_PNP_EVENT> device_events;
    PNET_BUFFER_LIST indicate_on_restart = nullptr;  // inside MiniportRestart
    std::vector<ULONG> filters;               // set by OID
    unsigned interrupts = 0, dpcs = 0;
    PSCATTER_GATHER_LIST list = nullptr;      // of the last NdisMAllocateNetBufferSGList
    NDIS_STATUS initialize_status = NDIS_STATUS_SUCCESS, pause_status = NDIS_STATUS_SUCCESS;
    bool complete_at_once = false, skip_general = false;
    PNDIS_SPIN_LOCK acquires = nullptr;       // and keeps, when something is sent or cancelled
    bool has_reset = false, reset_pends = false, hangs = false, complete_on_removal = false;
    BOOLEAN addressing_reset = FALSE;
    bool pends = false, completes_inside = false;  // OID requests that it does not know
    NDIS_STATUS inside_returns = NDIS_STATUS_PENDING;
    std::vector<PNDIS_OID_REQUEST> pended;
    std::vector<UCHAR> multicast;             // set by OID
    KIRQL oid_irql = 0;                       // of the last request
    NDIS_HALT_ACTION halt_action = NdisHaltDeviceStopped;
    bool indicate_at_halt = false;            // a status
    ULONG mac_options = 0;
    UCHAR address_end = 1;                    // 02:00:00:00:00:NN
    ULONG rss_queues = 0;                     // it can scale receives over so many; 0: not at all
    std::vector<std::vector<UCHAR>> scaled;   // OID_GEN_RECEIVE_SCALE_PARAMETERS, as they were set

    void complete(PNET_BUFFER_LIST nbl, NDIS_STATUS status = NDIS_STATUS_SUCCESS);
    void complete_all();
    void indicate(const std::vector<PNET_BUFFER_LIST>& nbls, ULONG flags = 0);
};

struct TestProtocol {
    NDIS_HANDLE driver = nullptr, binding = nullptr;
    ULONG filter = NDIS_PACKET_TYPE_PROMISCUOUS;
    std::string calls;
    std::vector<PNET_BUFFER_LIST> completed;
    std::vector<PNET_BUFFER_LIST> received;   // held
    std::vector<ULONG> receive_flags;
    std::vector<NDIS_STATUS> statuses;        // indicated status codes
    std::vector<NET_FRAME_TYPE> frame_types;
    ULONG data_backfill = 0, context_backfill = 0;  // told at the bind
    ULONG rss_queues = 0;                           // told at the bind; 0: none
    ULONG restart_data_backfill = 0;                // told at the last restart
    unsigned filter_names = 0;                      // modules below it, as it was told then
    bool return_at_once = false;
    bool told_later = false;                        // has ProtocolOidRequestComplete
    std::vector<std::pair<PNDIS_OID_REQUEST, NDIS_STATUS>> done;
    bool saw_loopback = false;
    bool send_lent = false;                         // misuse of what it is lent
    NDIS_MEDIUM medium = NdisMedium802_3;

    void send(const std::vector<PNET_BUFFER_LIST>& nbls, ULONG flags = 0);
    void give_back(const std::vector<PNET_BUFFER_LIST>& nbls);
    NDIS_STATUS oid(NDIS_REQUEST_TYPE type, NDIS_OID oid, void* buffer, UINT length);
};

// Links NBLs in this order and returns the first.
PNET_BUFFER_LIST chain(const std::vector<PNET_BUFFER_LIST>& nbls);

using Frame = std::vector<UCHAR>;

class StackTest : public ::testing::Test {
public:
    StackTest();
    ~StackTest() override;

    void start();
    void stop();
    // Loads the drivers again, with the handlers that the test chose meanwhile.
    void reload();
    // An NBL with one NB over `length` bytes of its own memory, after `backfill` unused bytes. Owned by the test.
    PNET_BUFFER_LIST make_nbl(ULONG length, ULONG backfill = 0, NDIS_HANDLE source = nullptr);
    // The same with an NB for each of these frames.
    PNET_BUFFER_LIST make_list(const std::vector<Frame>& frames);
    static std::vector<Frame> frames_of(PNET_BUFFER_LIST nbl);
    // A frame to 02:00:00:00:00:NN, or (0xFF) to everybody.
    PNET_BUFFER_LIST frame_to(UCHAR last);
    // With all of its NBs, and what they describe.
    void free_nbl(PNET_BUFFER_LIST nbl);
    void free_all(const std::vector<PNET_BUFFER_LIST>& nbls);
    static UCHAR* bytes_of(PNET_BUFFER_LIST nbl);
    void sleep_us(uint64_t us);  // the machine runs meanwhile
    // True when the check was reported; all reports so far are then accounted for.
    bool violated(const char* check);
    unsigned violations(const char* check);  // how often so far
    std::string message(const char* check);

    void load();
    void free_pools();
    // What load() loads; a test that wants others says so, and calls reload().
    DRIVER_INITIALIZE *miniport_entry_, *protocol_entry_;
    std::function<NDIS_STATUS()> load_miniport_;  // in place of ndis_load_driver, of a driver "testmp"
    void *miniport_argument_ = &miniport_, *protocol_argument_ = &protocol_;

    fake_platform_config config_;
    fake_platform* fake_;
    kernel* kernel_;
    ndis* ndis_;
    kernel_scope scope_;
    TestMiniport miniport_;
    TestProtocol protocol_;
    NDIS_HANDLE pool_ = nullptr, nb_pool_ = nullptr;
    bool leaks_expected_ = false;
    unsigned accounted_ = 0;
};

NTSTATUS test_miniport_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path);
NTSTATUS test_protocol_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path);
NDIS_HANDLE make_pool(NDIS_HANDLE owner, bool with_nb, ULONG data_size, USHORT context_size);
NDIS_HANDLE make_nb_pool(NDIS_HANDLE owner, ULONG data_size = 0);
