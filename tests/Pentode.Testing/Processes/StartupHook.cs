#pragma warning disable CA1050 // The runtime looks for this name outside of namespaces.
using System.Diagnostics;
using System.Globalization;
using Pentode.Core;
using Pentode.Core.Commits;
using Pentode.Core.Diagnostics;
using Pentode.Names.Stores.Postgres;
using Pentode.Sqlite;

/// <summary>
/// Runs inside the real daemon (DOTNET_STARTUP_HOOKS): stops it at a fault point, wherever in a commit that is. The plan is a file whose path is in PENTODE_FAULT_PLAN: <c>POINT COUNT kill</c>
/// ends the process as SIGKILL does when a thread that writes reaches the point for the COUNTth time, <c>POINT COUNT wait</c> keeps its thread there for as long as a file of that name with <c>.hit</c> is there.
/// </summary>
internal static class StartupHook
{
    private static readonly Lock s_gate = new();
    private static string s_point = "";
    private static string s_action = "";
    private static int s_left;

    /// <summary>Called by the runtime before Main.</summary>
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable("PENTODE_FAULT_PLAN") is not { Length: > 0 } plan)
            return;
        foreach (var point in (FaultPoint[])[CommitFaults.Begin, CommitFaults.Job, CommitFaults.Before, CommitFaults.After, SqliteFaults.Step, PostgresFaults.Send])
            point.Arm(() => Reached(point.Name, plan));
    }

    private static Errno Reached(string point, string plan)
    {
        // Reads are transactions too, on threads of their own.
        if (Thread.CurrentThread.Name?.Contains("-write", StringComparison.Ordinal) != true)
            return Errno.None;
        lock (s_gate)
        {
            if (s_left == 0 && !TryRead(plan))
                return Errno.None;
            if (point != s_point || --s_left > 0)
                return Errno.None;
            File.Delete(plan);
            if (s_action == "kill")
            {
                Process.GetCurrentProcess().Kill();
                Thread.Sleep(Timeout.Infinite);
            }

            File.WriteAllText(plan + ".hit", "");
            while (File.Exists(plan + ".hit"))
                Thread.Sleep(1);
            return Errno.None;
        }
    }

    private static bool TryRead(string plan)
    {
        if (!File.Exists(plan))
            return false;
        var words = File.ReadAllText(plan).Split(' ');
        if (words.Length != 3)
            return false;
        (s_point, s_left, s_action) = (words[0], int.Parse(words[1], CultureInfo.InvariantCulture), words[2]);
        return true;
    }
}
