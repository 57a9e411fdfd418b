print("msc")
