using System.Globalization;
using Pentode.Fuse;

namespace Pentode.Cli.Commands.Mounting;

/// <summary>The words after <c>-o</c>, as mount(8) and fuse(8) have them, turned into options of a mount.</summary>
internal static class MountOptions
{
    /// <summary>For the help of every command that mounts.</summary>
    public const string Help =
        "Words separated by commas, as mount(8) has them: ro, rw, allow_other, default_permissions, direct_io, kernel_cache, noflock, fsname=NAME, "
        + "entry_timeout=SECONDS, negative_timeout=SECONDS, attr_timeout=SECONDS. May be repeated.";

    private const double LongestTimeout = 1e9;

    // What mount(8) passes on and what means nothing here.
    private static readonly string[] s_ignored = ["rw", "defaults", "auto", "noauto", "user", "nouser", "users", "nosuid", "nodev", "exec", "noexec", "async", "sync", "relatime", "noatime", "_netdev", "nofail"];

    /// <summary>Applies the words; a problem in words when one makes no sense.</summary>
    public static string? Apply(IEnumerable<string> texts, ref FuseOptions options)
    {
        foreach (var word in texts.SelectMany(t => t.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            var (name, value) = word.Split('=', 2) is [var n, var v] ? (n, v) : (word, null);
            var time = TimeSpan.Zero;
            if (name.EndsWith("_timeout", StringComparison.Ordinal))
            {
                if (!double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) || seconds > LongestTimeout)
                    return $"-o {name} needs a number of seconds, not '{value}'";
                time = TimeSpan.FromSeconds(seconds);
            }
            else if (name != "fsname" && value is not null && !s_ignored.Contains(name) && !name.StartsWith("x-", StringComparison.Ordinal))
            {
                return $"-o {name} takes no value";
            }

            switch (name)
            {
                case "ro":
                    options = options with { ReadOnly = true };
                    break;
                case "allow_other":
                    options = options with { AllowOther = true };
                    break;
                case "default_permissions":
                    options = options with { DefaultPermissions = true };
                    break;
                case "direct_io":
                    options = options with { DirectIo = true };
                    break;
                case "kernel_cache":
                    options = options with { KeepCache = true };
                    break;
                case "noflock":
                    options = options with { RemoteLocks = false };
                    break;
                case "fsname" when !string.IsNullOrEmpty(value):
                    options = options with { Source = value };
                    break;
                case "entry_timeout":
                    options = options with { EntryTimeout = time };
                    break;
                case "negative_timeout":
                    options = options with { NegativeTimeout = time };
                    break;
                case "attr_timeout":
                    options = options with { AttributeTimeout = time };
                    break;
                default:
                    if (!s_ignored.Contains(name) && !name.StartsWith("x-", StringComparison.Ordinal))
                        return $"unknown mount option '{name}': ro, allow_other, default_permissions, direct_io, kernel_cache, noflock, fsname=, entry_timeout=, negative_timeout= or attr_timeout=";
                    break;
            }
        }

        return null;
    }
}
