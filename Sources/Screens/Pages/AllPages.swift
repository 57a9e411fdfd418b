// The pages that exist, in the order of the column at the left. A page is listed here or nowhere.

public enum AllPages {
    /// Their names, for the command line.
    public static var names: [PageID] { make().map(\.0) }

    static func make() -> [(PageID, any Page)] {
        [
            (.information, InformationPage()),
            (.activity, ActivityPage()),
            (.backup, BackupPage()),
            (.rollback, RollbackPage()),
            (.restore, RestorePage()),
            (.settings, SettingsPage()),
        ]
    }
}
