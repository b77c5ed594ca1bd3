def control():
    # ruleid: secscan.control.pattern
    secscan_control_pattern("positive control")
    value = secscan_control_source()
    # ruleid: secscan.control.taint
    secscan_control_sink(value)
    # ok: secscan.control.taint
    secscan_control_sink("constant")
    # ok: secscan.control.pattern
    another_pattern("positive control")
