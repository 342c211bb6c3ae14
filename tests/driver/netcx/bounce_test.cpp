// SPDX-License-Identifier: Apache-2.0
// Sends are copied exactly when the adapter's capabilities say so: frames of any layout, for adapters of any capabilities, beside the rules
// as this file reads them from the documentation.
#include <random>

#include "nbl_bytes.h"
#include "test_client.h"

namespace {

enum { MOST_MAPPED = 32 /* fragments that NetAdapterCx keeps ready for a packet */, MOST_OFFSET = 1023 };

struct Caps {
    bool dma;
    ULONG backfill, alignment;
    SIZE_T fragments;
    bool low;  // the device reaches only what the system allocates for it
};

class NetcxBounce : public ClientTest {
protected:
    ~NetcxBounce() override {
        for (PVOID block : blocks_) ExFreePool(block);
    }
    ULONG draw(ULONG least, ULONG most) { return std::uniform_int_distribution<ULONG>(least, most)(random_); }
    template <size_t N>
    ULONG one_of(const ULONG (&values)[N]) {
        return values[draw(0, N - 1)];
    }

    void begin(const Caps& caps) {
        caps_ = caps;
        client_.dma = caps.dma;
        client_.mtu = 9000;
        client_.declare = [this](NET_ADAPTER_TX_CAPABILITIES& tx, NET_ADAPTER_RX_CAPABILITIES&, NET_ADAPTER_DMA_CAPABILITIES& dma) {
            tx.PayloadBackfill = caps_.backfill;
            tx.FragmentBufferAlignment = caps_.alignment;
            tx.MaximumNumberOfFragments = caps_.fragments;
            if (caps_.low) dma.MaximumPhysicalAddress.QuadPart = (INT64_C(1) << 34) - 1;
        };
        reload();
        start();
    }
    Caps any_caps() {
        static const ULONG backfills[] = {0, 0, 12, 64, 200, 1023}, alignments[] = {1, 1, 1, 2, 4, 64}, fragments[] = {1, 2, 3, 8, 20, 0};
        const ULONG most = one_of(fragments);
        return {draw(0, 3) != 0, one_of(backfills), one_of(alignments), most ? most : ~SIZE_T{0}, draw(0, 7) == 0};
    }

    // An MDL over bytes of its own, anywhere in a page.
    PMDL any_mdl(ULONG bytes) {
        static const ULONG places[] = {0, 0, 64, 4, 2};
        auto* block = static_cast<UCHAR*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 4 * PAGE_SIZE, 1));
        blocks_.push_back(block);
        const ULONG place = draw(0, 1) ? one_of(places) : draw(0, PAGE_SIZE - 1);
        return NdisAllocateMdl(nullptr, block + place, bytes);
    }
    // A frame in up to a few dozen pieces, some of them empty, behind some room.
    PNET_BUFFER_LIST any_nbl() {
        static const ULONG rooms[] = {0, 12, 64, 200, 1023, 1500};
        const ULONG room = one_of(rooms), pieces = draw(0, 9) ? draw(1, 6) : draw(25, 40);
        PMDL first = nullptr, *link = &first;
        ULONG length = 0;
        for (ULONG i = 0; i < pieces; i++) {
            const ULONG bytes = draw(0, 7) == 0 && i > 0 ? 0 : draw(1, pieces > 6 ? 40 : draw(0, 3) ? 200 : 1400);
            *link = any_mdl(i == 0 ? room + bytes : bytes);
            link = &(*link)->Next;
            length += bytes;
        }
        PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool_, 0, 0, first, room, length);
        Bytes bytes(length);
        for (UCHAR& byte : bytes) byte = static_cast<UCHAR>(draw(0, 255));
        if (length >= 14) bytes[12] = 0x88, bytes[13] = 0xB5;
        EXPECT_EQ(write_bytes(nbl->FirstNetBuffer, bytes), length);
        return nbl;
    }
    static void free_chain(PNET_BUFFER_LIST nbl) {
        PMDL mdl = nbl->FirstNetBuffer->MdlChain;
        NdisFreeNetBufferList(nbl);
        for (PMDL next; mdl; mdl = next) {
            next = mdl->Next;
            NdisFreeMdl(mdl);
        }
    }

    // Runs of a piece: one without DMA, else one for each page that it touches, as this machine's memory is scattered.
    void add_runs(std::vector<std::pair<UCHAR*, ULONG>>& runs, UCHAR* at, ULONG bytes) const {
        for (ULONG run; bytes > 0; at += run, bytes -= run) {
            const ULONG in_page = static_cast<ULONG>(PAGE_SIZE - reinterpret_cast<ULONG_PTR>(at) % PAGE_SIZE);
            run = caps_.dma && in_page < bytes ? in_page : bytes;
            runs.emplace_back(at, run);
        }
    }
    // The rules. *fragments: how many it has when it is not copied.
    bool has_to_be_copied(const NET_BUFFER* nb, size_t* fragments) const {
        if (caps_.dma && caps_.low) return true;
        if (nb->CurrentMdlOffset < caps_.backfill) return true;
        std::vector<std::pair<UCHAR*, ULONG>> runs;
        ULONG offset = nb->CurrentMdlOffset - caps_.backfill, left = nb->DataLength + caps_.backfill;
        for (PMDL mdl = nb->CurrentMdl; left > 0; mdl = mdl->Next, offset = 0) {
            const ULONG bytes = std::min(mdl->ByteCount - offset, left);
            add_runs(runs, static_cast<UCHAR*>(MmGetMdlVirtualAddress(mdl)) + offset, bytes);
            left -= bytes;
        }
        *fragments = runs.size();
        if (runs.size() > std::min<SIZE_T>(caps_.fragments, MOST_MAPPED)) return true;
        if (runs[0].second <= caps_.backfill) return true;  // the payload does not begin in the fragment that has the backfill
        for (size_t i = 0; i < runs.size(); i++)
            if (reinterpret_cast<ULONG_PTR>(runs[i].first + (i == 0 ? caps_.backfill : 0)) % caps_.alignment != 0) return true;
        return false;
    }

    void send_and_check(PNET_BUFFER_LIST nbl) {
        size_t fragments = 1;
        const bool copied = has_to_be_copied(nbl->FirstNetBuffer, &fragments);
        const Bytes bytes = used_bytes(nbl->FirstNetBuffer);
        const size_t before = protocol_.completed.size();
        protocol_.send({nbl});
        for (int i = 0; i < 100 && protocol_.completed.size() == before; i++) sleep_us(1);
        ASSERT_EQ(protocol_.completed.size(), before + 1);
        const std::vector<NET_FRAGMENT>& list = client_.fragments.back();
        EXPECT_EQ(client_.sent.back(), bytes);
        EXPECT_EQ(list[0].OsReserved_Bounced, copied ? 1u : 0u);
        EXPECT_EQ(list.size(), copied ? 1 : fragments);
        EXPECT_EQ(list[0].Offset, caps_.backfill);
        EXPECT_EQ(client_.addresses.back() % caps_.alignment, 0u);
        for (const NET_FRAGMENT& fragment : list) {
            EXPECT_LE(fragment.Offset + fragment.ValidLength, fragment.Capacity);
            EXPECT_GT(fragment.ValidLength, 0u);
        }
        (copied ? copied_ : mapped_)++;
    }

    std::mt19937 random_;
    Caps caps_{};
    std::vector<PVOID> blocks_;
    unsigned copied_ = 0, mapped_ = 0;
};

TEST_F(NetcxBounce, AFrameIsCopiedExactlyWhenTheRulesSay) {
    for (unsigned seed = 1; seed <= 40; seed++) {
        random_.seed(seed);
        const Caps caps = any_caps();
        SCOPED_TRACE("seed " + std::to_string(seed) + ", DMA " + std::to_string(caps.dma) + ", backfill " + std::to_string(caps.backfill) +
                     ", alignment " + std::to_string(caps.alignment) + ", fragments " + std::to_string(caps.fragments));
        begin(caps);
        for (int i = 0; i < 30; i++) {
            PNET_BUFFER_LIST nbl = any_nbl();
            send_and_check(nbl);
            free_chain(nbl);
            if (HasFailure()) break;
        }
        stop();
        if (HasFailure()) return;
    }
    EXPECT_GT(copied_, 200u);  // neither is the exception
    EXPECT_GT(mapped_, 200u);
}

TEST_F(NetcxBounce, RingsAndBuffersAreAsLongAsTheDriverSays) {
    const std::pair<UINT32, UINT32> rings[] = {{1, 16}, {16, 16}, {512, 512}, {8192, 4096}};  // hint, elements
    const SIZE_T frames[] = {60, 1536, 4096, 9234};
    for (int i = 0; i < 4; i++) {
        client_.declare = [&](NET_ADAPTER_TX_CAPABILITIES& tx, NET_ADAPTER_RX_CAPABILITIES& rx, NET_ADAPTER_DMA_CAPABILITIES&) {
            tx.FragmentRingNumberOfElementsHint = rx.FragmentRingNumberOfElementsHint = rings[i].first;
            rx.MaximumFrameSize = frames[i];
            rx.FragmentBufferAlignment = PAGE_SIZE;
        };
        start();
        sleep_us(50);
        EXPECT_EQ(client_.tx_fragments()->NumberOfElements, rings[i].second);
        const NET_RING* ring = client_.rx_fragments();
        EXPECT_EQ(ring->NumberOfElements, rings[i].second);
        ASSERT_NE(ring->BeginIndex, ring->EndIndex);
        EXPECT_EQ(NetRingGetFragmentAtIndex(ring, ring->BeginIndex)->Capacity, frames[i]);
        EXPECT_EQ(reinterpret_cast<ULONG_PTR>(NetExtensionGetFragmentVirtualAddress(&client_.rx_va, ring->BeginIndex)->VirtualAddress) % PAGE_SIZE,
                  0u);
        const Bytes written = frame(static_cast<unsigned>(i), frames[i]);  // by the device
        EXPECT_TRUE(fake_platform_dma_write(fake_, NetExtensionGetFragmentLogicalAddress(&client_.rx_la, ring->BeginIndex)->LogicalAddress,
                                            written.data(), written.size()));
        stop();
        reload();
    }
}

// Most of the machine's memory is above 4 GiB on the bus.
TEST_F(NetcxBounce, BuffersOfTheSystemsAreAsLowAsTheDeviceReaches) {
    client_.declare = [](NET_ADAPTER_TX_CAPABILITIES&, NET_ADAPTER_RX_CAPABILITIES&, NET_ADAPTER_DMA_CAPABILITIES& dma) {
        dma.MaximumPhysicalAddress.QuadPart = UINT32_MAX;
    };
    client_.hold_sends = true;
    start();
    const NET_RING* received = client_.rx_fragments();
    for (UINT32 i = received->BeginIndex; i != received->EndIndex; i = NetRingIncrementIndex(received, i))
        ASSERT_LE(NetExtensionGetFragmentLogicalAddress(&client_.rx_la, i)->LogicalAddress, UINT32_MAX - PAGE_SIZE);
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    sleep_us(50);
    const NET_RING* sent = client_.tx_fragments();
    ASSERT_EQ(NetRingGetRangeCount(sent, sent->BeginIndex, sent->EndIndex), 1u);
    EXPECT_LE(NetExtensionGetFragmentLogicalAddress(&client_.tx_la, sent->BeginIndex)->LogicalAddress, UINT32_MAX - PAGE_SIZE);
    EXPECT_EQ(NetRingGetFragmentAtIndex(sent, sent->BeginIndex)->OsReserved_Bounced, 1u) << "where the NBL is the device does not reach";
    client_.hold_sends = false;
    NetTxQueueNotifyMoreCompletedPacketsAvailable(client_.tx);
    sleep_us(200);
    EXPECT_EQ(protocol_.completed.size(), 1u);
    free_nbl(nbl);
    stop();
}

TEST_F(NetcxBounce, ABufferOfTheSystemsThatTheDeviceDoesNotReachIsReported) {
    client_.declare = [](NET_ADAPTER_TX_CAPABILITIES&, NET_ADAPTER_RX_CAPABILITIES&, NET_ADAPTER_DMA_CAPABILITIES& dma) {
        dma.MaximumPhysicalAddress.QuadPart = 0xFFFF;
    };
    EXPECT_NE(ndis_start(ndis_), NDIS_STATUS_SUCCESS);
    EXPECT_NE(message("netcx.dma_limit").find("bounce buffer is at bus address"), std::string::npos);
    EXPECT_TRUE(violated("netcx.dma_limit"));
}

TEST_F(NetcxBounce, SendsWaitWhenEveryBufferOfTheSystemsIsOut) {
    client_.declare = [](NET_ADAPTER_TX_CAPABILITIES& tx, NET_ADAPTER_RX_CAPABILITIES&, NET_ADAPTER_DMA_CAPABILITIES&) {
        tx.PayloadBackfill = 12;
        tx.FragmentRingNumberOfElementsHint = 1024;
    };
    client_.hold_sends = true;
    start();
    std::vector<PNET_BUFFER_LIST> all;
    for (unsigned i = 0; i < 100; i++) all.push_back(make_nbl(60));
    protocol_.send(all);
    sleep_us(50);
    const NET_RING* ring = client_.tx_packets();
    EXPECT_EQ(NetRingGetRangeCount(ring, ring->BeginIndex, ring->EndIndex), 64u);
    client_.hold_sends = false;
    NetTxQueueNotifyMoreCompletedPacketsAvailable(client_.tx);
    sleep_us(200);
    EXPECT_EQ(protocol_.completed.size(), 100u);
    for (PNET_BUFFER_LIST nbl : all) free_nbl(nbl);
    stop();
}

}  // namespace
