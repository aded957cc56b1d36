using System.Diagnostics;

namespace Pentode.Testing.Processes;

/// <summary>Runs a foreign program to its end, bounded in time.</summary>
public static class Tool
{
    /// <summary>True when the program is on PATH.</summary>
    public static bool Exists(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Any(d => File.Exists(Path.Combine(d, name)));

    /// <summary>Skips the test when the program is missing; <c>./test</c> installs it and counts the skip.</summary>
    public static void Require(string name) => Xunit.Assert.SkipUnless(Exists(name), $"needs {name}");

    /// <summary>Runs and returns exit status and both outputs. Kills the program after <paramref name="seconds"/>.</summary>
    public static ToolResult Run(int seconds, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["PATH"] = "/usr/bin:/usr/sbin:" + Environment.GetEnvironmentVariable("PATH");
        LeaveNoSockets(start);
        using var process = Process.Start(start)!;
        var owner = new object();
        Leftovers.Add(owner, () => Stop(process));
        try
        {
            return Finish(process, seconds, program);
        }
        finally
        {
            Leftovers.Forget(owner);
        }
    }

    /// <summary>A .NET program that is killed leaves none of the sockets for diagnosis that it would have in the directory of temporary files.</summary>
    public static void LeaveNoSockets(ProcessStartInfo start) => start.Environment["DOTNET_EnableDiagnostics"] = "0";

    // What can clean up is asked first.
    private static void Stop(Process process)
    {
        if (process.HasExited)
            return;
        using (var kill = Process.Start("/bin/kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
            kill.WaitForExit();
        if (!process.WaitForExit(5000))
            process.Kill(entireProcessTree: true);
    }

    private static ToolResult Finish(Process process, int seconds, string program)
    {
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(seconds)))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            return new ToolResult(-1, output.GetAwaiter().GetResult(), $"{program} still ran after {seconds} s\n" + error.GetAwaiter().GetResult());
        }

        return new ToolResult(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    /// <summary>Runs and fails the test unless it exits with 0; returns its standard output.</summary>
    public static string Ok(int seconds, string program, params string[] arguments)
    {
        var result = Run(seconds, program, arguments);
        Xunit.Assert.True(result.Status == 0, $"{program} {string.Join(' ', arguments)}: exit {result.Status}\n{result.Output}\n{result.Error}");
        return result.Output;
    }
}
