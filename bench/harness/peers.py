def groups():
    return {}
