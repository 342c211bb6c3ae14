regmap/regmap_pkg.sv
common/fifo.sv
nic_top.sv
