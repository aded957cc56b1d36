using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Pentode.Linux;
using Pentode.Rings.Server;

namespace Pentode.Cli;

/// <summary><c>iouringd</c>: its options, bounds, messages and exit codes over our server. Starts without the command tree, to be ready at once.</summary>
internal static class PersonalityIouringd
{
    private const int Usage = 2;
    private const int Failure = 1;
    private const int LongestPath = 107;
    private const int StandardError = 2;

    private const string UsageText = """
        usage: iouringd [--ring-entries N] [--max-clients N]
                         [--registered-fds N] [--registered-buffers N]
                         [--per-client-credits N] [--io-bytes-max N]
                         [--job-id N] [--trace-stderr]
                         SOCKET_PATH

        """;

    /// <summary>Serves until SIGTERM or SIGINT, of which the process then dies; else the exit code.</summary>
    public static int Run(string[] args)
    {
        if (args.Length == 0)
            return Usage;
        if (Parse(args) is not { } options)
        {
            Write(UsageText);
            return Usage;
        }

        // Before the socket is there: who can connect can also end us in good order.
        using var running = new RingsForeground();
        ProcessSignals.IgnoreFileSize();
        var path = args[^1];
        if (Encoding.UTF8.GetByteCount(path) > LongestPath)
        {
            Write("iouringd: socket path is too long\n");
            return Usage;
        }

        var handedOver = ServiceManager.TakeSockets();
        if (handedOver.Count > 0)
            options = options with { Listener = handedOver[0] };
        if (running.Run(options, out var failure) is { } signal)
        {
            ProcessSignals.Die(signal == PosixSignal.SIGINT ? 2 : 15);
            return Failure;
        }

        Write($"iouringd: {failure?.Message ?? "event loop failed"}\n");
        return Failure;
    }

    private static RingsServerOptions? Parse(string[] args)
    {
        // An '@' in front would mean the abstract namespace to us, and nothing special to the original.
        var options = new RingsServerOptions
        {
            SocketPath = args[^1].StartsWith('@') ? "./" + args[^1] : args[^1], ActAs = RingsActor.Server, HasProtocol2 = false, Fault = Fault(),
        };
        var index = 0;
        while (index < args.Length - 1)
        {
            if (args[index] == "--trace-stderr")
            {
                options = options with { Trace = static line => _ = FileCalls.Write(StandardError, line) };
                index++;
                continue;
            }

            if (!uint.TryParse(args[index + 1], NumberStyles.AllowLeadingWhite | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
                return null;
            if (args[index] == "--job-id")
                options = options with { JobId = value };
            else if (With(options, args[index], value) is { } more)
                options = more;
            else
                return null;
            index += 2;
        }

        return index == args.Length - 1 ? options : null;
    }

    private static RingsServerOptions? With(RingsServerOptions options, string name, uint value)
    {
        var number = (int)Math.Min(value, int.MaxValue);
        return name switch
        {
            "--ring-entries" when value is >= 2 and <= 64 => options with { RingEntries = number },
            "--max-clients" when value is >= 1 and <= 64 => options with { MaxClients = number },
            "--registered-fds" when value is >= 1 and <= 32 => options with { RegisteredFds = number },
            "--registered-buffers" when value is >= 1 and <= 4 => options with { RegisteredBuffers = number },
            "--per-client-credits" when value is >= 1 and <= 64 => options with { PerClientCredits = number },
            "--io-bytes-max" when value is >= 1 and <= 4096 => options with { IoBytesMax = number },
            _ => null,
        };
    }

    private static RingsFault Fault() => Environment.GetEnvironmentVariable("IOURINGD_TEST_FAULT") switch
    {
        "setup_enosys" => RingsFault.SetupMissing,
        "setup_eperm" => RingsFault.SetupRefused,
        "probe_eperm" => RingsFault.ProbeRefused,
        "submit_accept_einval" => RingsFault.AcceptInvalid,
        _ => RingsFault.None,
    };

    private static void Write(string text) => _ = FileCalls.Write(StandardError, Encoding.UTF8.GetBytes(text));
}
