using System.Runtime.InteropServices;

namespace Pentode.Testing.Processes;

/// <summary>
/// What must not outlive the tests: processes, mounts, directories. Whoever makes one registers how it goes and takes that back when it is gone; the rest goes, last made
/// first, when this process ends, by itself or because it is told to (SIGTERM, SIGHUP).
/// </summary>
public static class Leftovers
{
    private static readonly Lock s_gate = new();
    private static readonly List<(object Owner, Action Remove)> s_all = [];

    // A runtime that is not asked to look after these signals dies of them at once. SIGINT is the runner's own: it ends the tests in order.
    private static readonly PosixSignalRegistration[] s_signals = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop), PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop)];

    static Leftovers()
    {
        AppDomain.CurrentDomain.ProcessExit += static (_, _) => RemoveAll();
    }

    /// <summary>This process is about to end: what fails now does so because things go.</summary>
    public static bool IsRemoving { get; private set; }

    /// <summary>From now on <paramref name="remove"/> is called at the end unless <see cref="Forget"/> comes before. It must not rely on anything else to be there still.</summary>
    public static void Add(object owner, Action remove)
    {
        lock (s_gate)
            s_all.Add((owner, remove));
    }

    /// <summary>It is gone.</summary>
    public static void Forget(object owner)
    {
        lock (s_gate)
            s_all.RemoveAll(e => ReferenceEquals(e.Owner, owner));
    }

    private static void Stop(PosixSignalContext signal)
    {
        signal.Cancel = true;
        RemoveAll();
        Environment.Exit(signal.Signal == PosixSignal.SIGTERM ? 143 : 129);
    }

    private static void RemoveAll()
    {
        IsRemoving = true;

        // What tests that still run make meanwhile goes in a second pass; they notice soon that nothing works any more.
        for (var pass = 0; pass < 2; pass++)
        {
            (object Owner, Action Remove)[] all;
            lock (s_gate)
            {
                all = [.. s_all];
                s_all.Clear();
            }

            foreach (var (_, remove) in all.Reverse())
            {
#pragma warning disable CA1031 // The others are to go nevertheless.
                try
                {
                    remove();
                }
                catch (InvalidOperationException)
                {
                    // A process of which its test has let go in the same moment.
                }
                catch (Exception e)
                {
                    Console.Error.WriteLine($"left behind: {e.Message}");
                }
#pragma warning restore CA1031
            }
        }
    }
}
