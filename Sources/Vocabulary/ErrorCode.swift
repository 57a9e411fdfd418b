// The table of error codes: one case per row of docs/error-codes.md, and a test holds the two together.
// Numbers below 1500 are those administrators know from 4D; 1500 to 1599 are this program's own. A number is never reused.

/// What went wrong, as a number that stays the same in every version.
public enum ErrorCode: Int, Sendable, CaseIterable {
    case logUnavailable = 1274
    case attemptsExhausted = 1401
    case noLog = 1403
    case transactionOpen = 1404
    case transactionTimeout = 1405
    case stopped = 1406
    case destinationInvalid = 1407
    case logSaveFailed = 1408
    case archiveSaveFailed = 1409
    case archiveMissing = 1410
    case archiveDamaged = 1411
    case logMissing = 1412
    case logDamaged = 1413
    case logBusy = 1415
    case foreignLog = 1416
    case integrationRunning = 1417
    case databaseLocked = 1420
    case backupInProgress = -9976

    case notADatabase = 1500
    case databaseDamaged = 1501
    case logGap = 1502
    case unsupportedVersion = 1503
    case destinationExists = 1504
    case notEnoughSpace = 1505
    case pointOutOfRange = 1506
    case pointInsideTransaction = 1507
    case copyDetached = 1508
    case structureChanged = 1509
    case operationRunning = 1510
    case noPermission = 1511
    case badSetting = 1512
    case fileNotFound = 1513
    case unsafeEntry = 1514
    case readFailed = 1515
    case writeFailed = 1516
    case contentDiffers = 1517
    case logAlreadyOn = 1518
    case badValue = 1519
    case databaseError = 1520
    case notCapturable = 1521
    case hookRefused = 1522
    case hookFailed = 1523
    case schemaUnreadable = 1524
    case changesUnseen = 1525
    case clockWentBack = 1526
    case tableNotWritable = 1527
    case dataSuspect = 1528
    case tampered = 1529

    /// When this code is given, in one plain sentence: the text of its row in docs/error-codes.md.
    public var meaning: String {
        switch self {
        case .logUnavailable: "The log file cannot be written while logging is on."
        case .attemptsExhausted: "The maximum number of attempts was reached; automatic backup is suspended."
        case .noLog: "This needs a log file and the application has none."
        case .transactionOpen: "A transaction that holds the database is open; the backup cannot start."
        case .transactionTimeout: "The backup waited for an open transaction and gave up after the set time."
        case .stopped: "Stopped by the user."
        case .destinationInvalid: "The destination folder is invalid."
        case .logSaveFailed: "Reading or writing failed while saving the log file."
        case .archiveSaveFailed: "Reading or writing failed while saving the archive."
        case .archiveMissing: "The archive is missing."
        case .archiveDamaged: "The archive is damaged."
        case .logMissing: "The log is missing."
        case .logDamaged: "The log is damaged."
        case .logBusy: "The log cannot be cut or written now because another operation is using it."
        case .foreignLog: "The log does not belong to this application or does not continue its data."
        case .integrationRunning: "An integration is running; the backup cannot start."
        case .databaseLocked: "The database is locked by another process."
        case .backupInProgress: "A write was cancelled because a backup is in progress."
        case .notADatabase: "The file is not a SQLite database."
        case .databaseDamaged: "The database is damaged."
        case .logGap: "Operations are missing between the data and the log, or inside the log, or the data went another way than the log."
        case .unsupportedVersion: "The file was written in a format version that this program does not know."
        case .destinationExists: "Something already stands at the destination."
        case .notEnoughSpace: "There is not enough free space at the destination."
        case .pointOutOfRange: "The operation or time lies outside what the logs hold."
        case .pointInsideTransaction: "The point may cut a transaction in half."
        case .copyDetached: "The database is a copy and is not attached to the log of its original."
        case .structureChanged: "The structure of the database changed in a way that this operation cannot cross."
        case .operationRunning: "Another operation is running on this application."
        case .noPermission: "Permission was refused."
        case .badSetting: "A setting has a value that is not accepted."
        case .fileNotFound: "A file or folder does not exist."
        case .unsafeEntry: "An archive entry would leave the destination folder or is not a plain file."
        case .readFailed: "Reading a file failed."
        case .writeFailed: "Writing a file failed."
        case .contentDiffers: "The rows of the database are not what the log says they should be."
        case .logAlreadyOn: "The log is already on."
        case .badValue: "A value on the command line is not accepted."
        case .databaseError: "SQLite refused a statement."
        case .notCapturable: "A table or database cannot be journaled."
        case .hookRefused: "The hook on-backup-startup refused the backup."
        case .hookFailed: "A hook cannot be run, or did not end in time."
        case .schemaUnreadable: "The SQLite of this program is too old to read a part of the database's structure."
        case .changesUnseen: "Rows were changed past capture, or capture was partly removed by another program."
        case .clockWentBack: "The clock of the machine was set back: times are not in the order of what happened."
        case .tableNotWritable: "This program cannot write a table: it needs a function or collation that is not there."
        case .dataSuspect: "The saved data are damaged, emptied or those of another database."
        case .tampered:
            "A log or an archive is not what the holder of the integrity key wrote, or the log is not the one that was anchored; "
                + "or the key of a marked log is not given."
        }
    }
}
