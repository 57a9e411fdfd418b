// LogFile
