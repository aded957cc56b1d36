using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Pentode.Sqlite;

/// <summary>Binds SQLite calls to the system's <c>libsqlite3.so.0</c>, once per process.</summary>
internal static class SqliteLibrary
{
    /// <summary>Oldest version that knows RETURNING, STRICT and the upsert forms used: 3.37.</summary>
    private const int OldestVersion = 3_037_000;

    private static readonly Lazy<string?> s_problem = new(Load);

    /// <summary>Loads the library; throws <see cref="SqliteOpenException"/> with the remedy when it is not there or too old.</summary>
    public static void Require()
    {
        if (s_problem.Value is { } problem)
            throw new SqliteOpenException(problem);
    }

    private static string? Load()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        try
        {
            raw.SetProvider(new SQLite3Provider_e_sqlite3());
            var version = raw.sqlite3_libversion_number();
            return version < OldestVersion ? $"libsqlite3.so.0 is version {version}, at least {OldestVersion} is needed" : null;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or TypeInitializationException)
        {
            return "cannot load libsqlite3.so.0: install the package libsqlite3-0";
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search) =>
        name == "e_sqlite3" && NativeLibrary.TryLoad("libsqlite3.so.0", out var handle) ? handle : 0;
}
