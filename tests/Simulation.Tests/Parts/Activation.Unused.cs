using Orleans.CodeGeneration;
using Orleans.Core;
using Orleans.Serialization.Invocation;
using Orleans.Timers;

namespace OrleansChat.Simulation.Tests.Parts;

/// <summary>The members that Orleans' interfaces require, but that the simulated grains never use.</summary>
internal sealed partial class Activation
{
    bool IEquatable<IGrainContext>.Equals(IGrainContext? other) => ReferenceEquals(this, other);

    ActivationId IGrainContext.ActivationId => throw new NotSupportedException();

    GrainAddress IGrainContext.Address => throw new NotSupportedException();

    IGrainLifecycle IGrainContext.ObservableLifecycle => throw new NotSupportedException();

    IWorkItemScheduler IGrainContext.Scheduler => throw new NotSupportedException();

    Task IGrainContext.Deactivated => throw new NotSupportedException();

    string IGrainRuntime.SiloIdentity => Silo.Node.Name;

    SiloAddress IGrainRuntime.SiloAddress => throw new NotSupportedException();

    ITimerRegistry IGrainRuntime.TimerRegistry => throw new NotSupportedException();

    void IGrainContext.SetComponent<TComponent>(TComponent? value)
        where TComponent : class => throw new NotSupportedException();

    object? ITargetHolder.GetTarget() => throw new NotSupportedException();

    object? ITargetHolder.GetComponent(Type componentType) => throw new NotSupportedException();

    void IGrainContext.ReceiveMessage(object message) => throw new NotSupportedException();

    void IGrainContext.Activate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken) => throw new NotSupportedException();

    void IGrainContext.Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken) => throw new NotSupportedException();

    void IGrainContext.Rehydrate(IRehydrationContext context) => throw new NotSupportedException();

    void IGrainContext.Migrate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken) => throw new NotSupportedException();

    IStorage<TGrainState> IGrainRuntime.GetStorage<TGrainState>(IGrainContext grainContext) => throw new NotSupportedException();

    ValueTask<T?> IGrainReferenceRuntime.InvokeMethodAsync<T>(GrainReference reference, IInvokable request, InvokeMethodOptions options)
        where T : default => throw new NotSupportedException();

    ValueTask IGrainReferenceRuntime.InvokeMethodAsync(GrainReference reference, IInvokable request, InvokeMethodOptions options) =>
        throw new NotSupportedException();

    void IGrainReferenceRuntime.InvokeMethod(GrainReference reference, IInvokable request, InvokeMethodOptions options) =>
        throw new NotSupportedException();
}
