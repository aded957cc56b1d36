using Pentode.Core.Diagnostics;

namespace Pentode.Sqlite;

/// <summary>Where tests inject errors into SQLite connections.</summary>
public static class SqliteFaults
{
    /// <summary>sqlite.step: before each statement that changes something.</summary>
    public static FaultPoint Step { get; } = new("sqlite.step");
}
