using Pentode.Testing.Processes;
using Xunit;

namespace Pentode.Tests.Blocks;

/// <summary>A block device over a file; skips the test where there are none.</summary>
internal sealed class LoopDevice : IDisposable
{
    public LoopDevice(string file)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "loop devices need root");
        Tool.Require("losetup");

        // Finding a free one and taking it are two steps: somebody else may be faster.
        for (var attempt = 0; ; attempt++)
        {
            var result = Tool.Run(10, "losetup", "--find", "--show", file);
            Path = result.Output.Trim();
            if (result.Status == 0)
                return;
            Assert.SkipWhen(attempt == 20, $"losetup: {result.Error.Trim()}");
        }
    }

    public string Path { get; }

    public void Dispose() => Tool.Run(10, "losetup", "--detach", Path);
}
