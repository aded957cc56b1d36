using Pentode.Core;

namespace Pentode.Cli.Commands.Files;

/// <summary>The conversion of a value to a result, which C# does not apply to interfaces.</summary>
internal static class Results
{
    public static Result<T> Of<T>(T value) => value;
}
