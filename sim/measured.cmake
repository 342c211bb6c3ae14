# SPDX-License-Identifier: Apache-2.0
#
# ringside_link_measured(TARGET): links the program with the libraries of driver/ as they are compiled to be measured (hw/cpu/access.h).
#
# The same sources with the compiler's instrumentation of memory accesses; without the sanitizer's runtime, for which hw/cpu/hooks.c is.
# Of a packet's way only what Windows would do too is charged: sources that are checks of ours are compiled without it.
set(ringside_measured_libraries kernel ndis miniport virtio netvio netvio5 netcx netviocx stack descriptors)
set(ringside_unmeasured_sources
    kernel.c kernel_platform.c                                                 # kernel: whose code runs; calls of the machine
    layer.c ndis.c                                                             # ndis: is a layer idle, is a handle one; events
    nbl_check.c nbl_edge.c nbl_flow.c nbl_guard.c nbl_lost.c nbl_track.c flight.c watch.c  # ndis: who has an NBL, and is it sound?
    send.c send_complete.c receive.c return.c                                  # ndis: walks of those checks, with a call by pointer at the end
    netcx_check.c                                                              # netcx: the rules around each callback
    netvio_fault.c netvio_trace.c netviocx_fault.c                             # netvio, netviocx: faults on purpose, events
    traffic_programs.c traffic_registry.c)

function(ringside_make_measured name)
    get_target_property(sources ringside_${name} SOURCES)
    get_target_property(folder ringside_${name} SOURCE_DIR)
    set(target ringside_${name}_measured)
    set(measured ${sources})
    set(unmeasured)
    foreach(source ${sources})
        if(source IN_LIST ringside_unmeasured_sources)
            list(REMOVE_ITEM measured ${source})
            list(APPEND unmeasured ${source})
        endif()
    endforeach()
    list(TRANSFORM measured PREPEND ${folder}/)
    list(TRANSFORM unmeasured PREPEND ${folder}/)
    add_library(${target} STATIC ${measured} ${unmeasured})
    set_source_files_properties(${unmeasured} PROPERTIES COMPILE_OPTIONS -fno-sanitize=thread)
    target_include_directories(${target} PRIVATE $<TARGET_PROPERTY:ringside_${name},INCLUDE_DIRECTORIES> ${PROJECT_SOURCE_DIR}/hw/cpu)
    # What a source defines before its first header comes too late for the one in front of it.
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE=)
    target_compile_options(${target} PRIVATE -g1 -fsanitize=thread -include ${PROJECT_SOURCE_DIR}/hw/cpu/measured.h)
    target_link_libraries(${target} PRIVATE ringside_warnings)
    if(name STREQUAL stack)
        target_link_libraries(${target} PRIVATE ringside_module)
    endif()
endfunction()

foreach(name ${ringside_measured_libraries})
    ringside_make_measured(${name})
endforeach()

# Whole and first, so that nothing is missing when the same names come again from the plain libraries; and modules find all of them.
function(ringside_link_measured target)
    foreach(name ${ringside_measured_libraries})
        add_dependencies(${target} ringside_${name}_measured)
        list(APPEND files $<TARGET_FILE:ringside_${name}_measured>)
    endforeach()
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${files})
    list(JOIN files "," files)
    target_link_options(${target} PRIVATE "LINKER:--whole-archive,${files},--no-whole-archive")
endfunction()
