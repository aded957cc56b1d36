using System.Reflection;
using System.Runtime.CompilerServices;
using Pentode.Files;
using Pentode.Fuse;
using Pentode.NineP.Server;

namespace Pentode.Tests.Architecture;

/// <summary>
/// Code of a connection stays on its loop. A loop has a synchronization context, where the runtime never continues an ordinary task inline: what awaits one with
/// <c>ConfigureAwait(false)</c> goes on in the thread pool, beside the loop. Pooled value tasks continue where they complete.
/// </summary>
public sealed class LoopContinuationTests
{
    private const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    [Fact]
    public void Asynchronous_code_of_connections_and_volumes_is_pooled()
    {
        Type[] types =
        [
            typeof(Volume),
            .. typeof(NinePServer).Assembly.GetTypes().Where(static t => t.Namespace?.StartsWith("Pentode.NineP.Server", StringComparison.Ordinal) == true),
            .. typeof(Pentode.Nfs.Server.NfsServer).Assembly.GetTypes(),
            .. typeof(FuseMount).Assembly.GetTypes(),
        ];
        var methods = types.SelectMany(static t => t.GetMethods(All)).Where(static m => m.GetCustomAttribute<AsyncStateMachineAttribute>() is not null && IsValueTask(m.ReturnType)).ToArray();
        Assert.True(methods.Length > 50, $"only {methods.Length} methods found");
        Assert.Empty(methods.Where(static m => m.GetCustomAttribute<AsyncMethodBuilderAttribute>() is null).Select(static m => $"{m.DeclaringType}.{m.Name}"));
    }

    private static bool IsValueTask(Type type) => type == typeof(ValueTask) || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueTask<>));
}
